"""Registering samples, finding them again, listing them."""

from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.custody import service as custody
from lab.custody.models import Item
from lab.kit.clock import today
from lab.kit.outbox import Topic, emit
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.samples.checks import check_registration
from lab.samples.codes import new_code, parse_code
from lab.samples.errors import ClientIdReusedError, CodeTakenError, SampleNotFoundError
from lab.samples.models import AdverseEvent, Sample
from lab.samples.schemas import Registered, SampleIn, SamplePage
from lab.samples.tickets import issue_ticket
from lab.samples.visibility import reachable, sites_of

SERIOUS = frozenset({AdverseEvent.SERIOUS, AdverseEvent.OVERDOSE})
_NOT_COLUMNS = {"code", "collected_at", "collected_on", "area", "colours", "texture", "route", "tablet_shape"}


def register(session: Session, *, actor: Actor, data: SampleIn) -> Registered:
    """Take in a sample: its row, its custody item, its ticket, and the warning of a serious adverse event.

    The same ``client_id`` again returns the sample already there, without a ticket. Raises
    :class:`~lab.errors.ForbiddenError`, what :func:`check_registration` and the code parser raise,
    :class:`CodeTakenError` and :class:`ClientIdReusedError`.
    """
    actor.require(Permission.SAMPLE_REGISTER, data.site_id)
    known = _registered_before(session, data=data)
    if known is not None:
        return known
    site = check_registration(session, data=data)
    sample = _new_sample(session, actor=actor, data=data, site=site)
    try:
        with session.begin_nested():
            session.add(sample)
    except IntegrityError:  # another request of the same device, or of the same label, was quicker
        known = _registered_before(session, data=data)
        if known is None:
            raise CodeTakenError(code=sample.code) from None
        return known
    item = custody.register_item(
        session,
        actor=actor,
        sample_id=sample.id,
        site_id=sample.site_id,
        mass_mg=sample.mass_mg,
        occurred_at=data.collected_at,
    )
    if sample.adverse_event in SERIOUS:
        emit(session, Topic.ADVERSE_EVENT, sample.id, adverse_event=sample.adverse_event.value)
    return Registered(sample, item, issue_ticket(session, sample_id=sample.id))


def _new_sample(session: Session, *, actor: Actor, data: SampleIn, site: Site) -> Sample:
    return Sample(
        **data.model_dump(exclude=_NOT_COLUMNS),
        code=_code_for(session, data.code),
        registered_by=actor.account_id,
        collected_on=data.collected_on or today(),
        area=data.area or site.area,
        colours=[colour.value for colour in dict.fromkeys(data.colours)],
        texture=data.texture and data.texture.value,
        route=data.route and data.route.value,
        tablet_shape=data.tablet_shape and data.tablet_shape.value,
    )


def _registered_before(session: Session, *, data: SampleIn) -> Registered | None:
    sample = session.exec(select(Sample).where(Sample.client_id == data.client_id)).one_or_none()
    if sample is None:
        return None
    same_label = data.code is None or parse_code(data.code) == sample.code
    if sample.site_id != data.site_id or not same_label:  # who sends it may change with the shift
        raise ClientIdReusedError
    return Registered(sample, _first_item(session, sample_id=sample.id), None)


def _first_item(session: Session, *, sample_id: UUID) -> Item:
    return session.exec(select(Item).where(Item.sample_id == sample_id, col(Item.parent_id).is_(None))).one()


def item_registered_as(session: Session, *, actor: Actor, client_id: UUID | None) -> Item:
    """The first item of the sample that a device registered under its own key.

    Raises :class:`SampleNotFoundError` also where ``actor`` may not handle it.
    """
    sample = session.exec(select(Sample).where(Sample.client_id == client_id)).one_or_none()
    seen = _seen(session, actor=actor, sample=sample, permission=Permission.CUSTODY_HANDLE)
    return _first_item(session, sample_id=seen.id)


def _code_for(session: Session, label: str | None) -> str:
    def is_taken(code: str) -> bool:
        return session.exec(select(Sample.id).where(Sample.code == code)).first() is not None

    if label is None:
        return new_code(is_taken)
    code = parse_code(label)
    if is_taken(code):
        raise CodeTakenError(code=code)
    return code


def get_by_code(
    session: Session, *, actor: Actor, code: str, permission: Permission = Permission.SAMPLE_READ
) -> Sample:
    """The sample under ``code`` as typed or scanned.

    Raises :class:`SampleNotFoundError` also where ``actor`` may not see it, and what :func:`parse_code` raises.
    """
    stored = parse_code(code)
    sample = session.exec(select(Sample).where(Sample.code == stored)).one_or_none()
    return _seen(session, actor=actor, sample=sample, permission=permission)


def get(session: Session, *, actor: Actor, sample_id: UUID, permission: Permission = Permission.SAMPLE_READ) -> Sample:
    """The sample with this key; raises :class:`SampleNotFoundError` also where ``actor`` may not see it."""
    return _seen(session, actor=actor, sample=session.get(Sample, sample_id), permission=permission)


def _seen(session: Session, *, actor: Actor, sample: Sample | None, permission: Permission) -> Sample:
    if sample is None or not actor.may_at_any(permission, sites_of(session, sample=sample)):
        raise SampleNotFoundError
    return sample


def list_samples(
    session: Session,
    *,
    actor: Actor,
    site_id: UUID | None = None,
    collected_from: date | None = None,
    offset: int = 0,
    limit: int = 50,
) -> SamplePage:
    """What ``actor`` may see, newest first; raises :class:`~lab.errors.ForbiddenError` where that is nothing at all."""
    actor.require(Permission.SAMPLE_READ)
    conditions = [reachable(actor)]
    if site_id is not None:
        conditions.append(col(Sample.site_id) == site_id)
    if collected_from is not None:
        conditions.append(col(Sample.collected_on) >= collected_from)
    total = session.exec(select(sa.func.count()).select_from(Sample).where(*conditions)).one()
    newest = select(Sample).where(*conditions).order_by(col(Sample.registered_at).desc(), col(Sample.id))
    samples = session.exec(newest.offset(max(offset, 0)).limit(min(max(limit, 1), 200))).all()
    return SamplePage(tuple(samples), total)
