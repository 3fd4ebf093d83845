"""Puts together what a device needs to work without network (:class:`~lab.sync.schemas.Kit`)."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody import overview
from lab.custody.handover import carriers
from lab.custody.models import Item, Parcel
from lab.kit.clock import now
from lab.library.models import Substance, SubstanceSynonym
from lab.network import sites
from lab.network.access import Actor, Permission
from lab.network.models import Account, Site
from lab.samples.models import Sample
from lab.samples.schemas import FORM_VERSION, SampleIn
from lab.sync.schemas import Carrier, Kit, KitItem, KitParcel, SiteKit, SubstanceKit

_BASES_KEPT = 5


def make_kit(session: Session, *, actor: Actor) -> Kit:
    """The kit of ``actor`` as things are now; raises :class:`~lab.errors.ForbiddenError` without custody anywhere."""
    actor.require(Permission.CUSTODY_HANDLE)
    everywhere = sites.list_sites(session)
    mine = [site for site in everywhere if actor.may(Permission.CUSTODY_HANDLE, site.id)]
    here = [site.id for site in mine]
    parcels = {
        parcel.id: parcel for site_id in here for parcel in overview.open_parcels(session, actor=actor, site_id=site_id)
    }
    account = session.get_one(Account, actor.account_id)
    return Kit(
        made_at=now(),
        account_id=account.id,
        account_name=account.display_name,
        sites=[_site(site, actor) for site in mine],
        destinations=[_site(site, actor) for site in everywhere],
        carriers=[
            Carrier(id=one.id, name=one.display_name) for one in carriers(session, site_ids=here, but=account.id)
        ],
        substances=_substances(session),
        items=[
            _item(held.item, held.sample)
            for site_id in here
            for held in overview.items_at(session, actor=actor, site_id=site_id)
        ],
        parcels=[_parcel(session, parcel) for parcel in parcels.values()],
        legal_bases={site_id: bases for site_id in here if (bases := legal_bases(session, site_id=site_id))},
        form_version=FORM_VERSION,
        consent_text_version=SampleIn.model_fields["consent_text_version"].default,
    )


def legal_bases(session: Session, *, site_id: UUID) -> list[str]:
    """The bases of transport that parcels from this site named, the last one used first."""
    used = session.exec(
        select(Parcel.legal_basis)
        .where(Parcel.from_site_id == site_id)
        .order_by(col(Parcel.packed_at).desc())
        .limit(50)
    )
    return list(dict.fromkeys(used))[:_BASES_KEPT]


def _site(site: Site, actor: Actor) -> SiteKit:
    return SiteKit(
        id=site.id,
        name=site.name,
        type=site.type.value,
        area=site.area,
        languages=[site.language],
        may_register=actor.may(Permission.SAMPLE_REGISTER, site.id),
        may_handle=actor.may(Permission.CUSTODY_HANDLE, site.id),
    )


def _substances(session: Session) -> list[SubstanceKit]:
    names: dict[UUID, list[str]] = {}
    for substance_id, text in session.exec(select(SubstanceSynonym.substance_id, SubstanceSynonym.text)):
        names.setdefault(substance_id, []).append(text)
    known: Iterable[Substance] = session.exec(select(Substance).where(col(Substance.active)).order_by(Substance.name))
    return [SubstanceKit(id=one.id, name=one.name, synonyms=sorted(names.get(one.id, ()))) for one in known]


def _item(item: Item, sample: Sample) -> KitItem:
    return KitItem(
        item_id=item.id,
        client_id=sample.client_id,
        code=sample.code,
        site_id=item.site_id,
        seal_number=item.seal_number,
        head_event_id=item.head_event_id,
        created_at=item.created_at,
    )


def _parcel(session: Session, parcel: Parcel) -> KitParcel:
    return KitParcel(
        id=parcel.id,
        seal_number=parcel.seal_number,
        from_site_id=parcel.from_site_id,
        to_site_id=parcel.to_site_id,
        legal_basis=parcel.legal_basis,
        state=parcel.state.value,
        packed_at=parcel.packed_at,
        handed_over_at=parcel.handed_over_at,
        items=[_item(line.item, line.sample) for line in overview.lines_of(session, parcel_id=parcel.id)],
    )
