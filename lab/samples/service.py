"""Registering samples, finding them again, listing them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.custody import service as custody
from lab.custody.models import Item
from lab.kit.clock import today
from lab.kit.outbox import Topic, emit
from lab.labels import service as labels
from lab.labels.models import PrintedLabel
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.samples import tickets
from lab.samples.checks import check_registration
from lab.samples.codes import new_code, parse_code
from lab.samples.errors import ClientIdReusedError, CodeTakenError, SampleNotFoundError
from lab.samples.models import AdverseEvent, Reason, Sample, TicketSource
from lab.samples.schemas import Registered, SampleIn, SamplePage
from lab.samples.visibility import reachable, sites_of

SERIOUS = frozenset({AdverseEvent.SERIOUS, AdverseEvent.OVERDOSE})
_NOT_COLUMNS = {
    "code", "ticket_hash", "collected_at", "collected_on", "area", "colours", "texture", "route", "tablet_shape",
    "reason",
}  # fmt: skip


def register(session: Session, *, actor: Actor, data: SampleIn, ticket_days: int = tickets.VALID_DAYS) -> Registered:
    """Take in a sample: its row, its custody item, its ticket, and the warning of a serious adverse event.

    The same ``client_id`` again returns the sample already there, without a ticket. Raises
    :class:`~lab.errors.ForbiddenError`, what :func:`check_registration` and the code parser raise,
    :class:`CodeTakenError`, :class:`ClientIdReusedError`, :class:`~lab.labels.errors.LabelVoidError` and
    :class:`~lab.samples.errors.TicketReusedError`.
    """
    actor.require(Permission.SAMPLE_REGISTER, data.site_id)
    known = _registered_before(session, data=data)
    if known is not None:
        return known
    site = check_registration(session, data=data)
    sample = _new_sample(session, actor=actor, data=data, site=site)
    label = labels.label_of(session, code=sample.code) if data.code else None
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
    ticket, source = _ticket_for(session, actor=actor, sample=sample, data=data, label=label, valid_days=ticket_days)
    standing = labels.standing_for(session, label=label, site_id=sample.site_id) if data.code else None
    return Registered(sample, item, ticket, ticket_source=source, label=standing)


def _ticket_for(
    session: Session, *, actor: Actor, sample: Sample, data: SampleIn, label: PrintedLabel | None, valid_days: int
) -> tuple[str | None, TicketSource]:
    """Bind the ticket that the person holds already: from the device, from the label, or both. Else issue one."""
    held = ((TicketSource.DEVICE, data.ticket_hash and bytes.fromhex(data.ticket_hash)),
            (TicketSource.LABEL, label and label.ticket_hash))  # fmt: skip
    bound = [source for source, token_hash in held if token_hash]
    for source, token_hash in held:
        if token_hash:
            tickets.bind(
                session, token_hash=token_hash, sample_id=sample.id, source=source, by=actor.account_id,
                valid_days=valid_days,
            )  # fmt: skip
    if bound:
        return None, bound[-1]
    issued = tickets.issue_ticket(session, sample_id=sample.id, by=actor.account_id, valid_days=valid_days)
    return issued, TicketSource.ISSUED


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
        reason=data.reason or Reason.ROUTINE,
        reason_stated=data.reason is not None,
    )


def _registered_before(session: Session, *, data: SampleIn) -> Registered | None:
    sample = session.exec(select(Sample).where(Sample.client_id == data.client_id)).one_or_none()
    if sample is None:
        return None
    same_label = data.code is None or parse_code(data.code) == sample.code
    same_ticket = data.ticket_hash is None or tickets.is_of(
        session, token_hash=bytes.fromhex(data.ticket_hash), sample_id=sample.id
    )
    # Who sends it may change with the shift. A ticket that nobody bound would open nothing, ever.
    if sample.site_id != data.site_id or not same_label or not same_ticket:
        raise ClientIdReusedError
    return Registered(sample, _first_item(session, sample_id=sample.id), None, is_new=False)


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
    if label is None:  # a code that waits on a printed sheet is nobody else's
        return new_code(lambda code: labels.is_reserved(session, code=code))
    code = parse_code(label)
    if session.exec(select(Sample.id).where(Sample.code == code)).first() is not None:
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


def last_site(session: Session, *, account_id: UUID, among: Sequence[UUID]) -> UUID | None:
    """At which of these sites an account took in its last sample; None when it never did."""
    return session.exec(
        select(Sample.site_id)
        .where(Sample.registered_by == account_id, col(Sample.site_id).in_(among))
        .order_by(col(Sample.registered_at).desc())
        .limit(1)
    ).first()
