"""The directory of services, kept by the network: entries, how long each holds, and who may be shown which."""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.directory.errors import (
    EntryExpiredError,
    EntryNotFoundError,
    EntryTelephoneError,
    EntryTooLongValidError,
    EntryUnreachableError,
    EntryWebError,
)
from lab.directory.models import ServiceEntry, ServiceKind
from lab.directory.schemas import EntryIn, Standing
from lab.kit.clock import now, today
from lab.network.access import Actor, Permission
from lab.network.models import Site

NOTICE = timedelta(days=30)
"""How long before its last day an entry asks for somebody's attention."""
LONGEST = timedelta(days=2 * 366)
"""An entry that nobody looks at for two years is not kept by anybody."""
_TELEPHONE = re.compile(r"\+?[0-9][0-9 ./()-]{1,38}")
_WEB = re.compile(r"https?://[^\s/?#@]+\.[^\s/?#@]+(?:[/?#]\S*)?")
_URGENT = (ServiceKind.EMERGENCY, ServiceKind.POISON_CENTRE)


def check_entry(data: EntryIn, *, on: date) -> None:
    """Raise what is wrong with ``data``: nothing to call or open, or a last day that cannot be meant."""
    if data.telephone is None and data.web is None:
        raise EntryUnreachableError
    if data.telephone is not None and not _TELEPHONE.fullmatch(data.telephone):
        raise EntryTelephoneError
    if data.web is not None and not _WEB.fullmatch(data.web):
        raise EntryWebError
    if data.source_url is not None and not _WEB.fullmatch(data.source_url):
        raise EntryWebError(field="source_url")
    if data.valid_until < on:
        raise EntryExpiredError
    if data.valid_until > on + LONGEST:
        raise EntryTooLongValidError(days=LONGEST.days)


def add_entry(session: Session, *, actor: Actor, data: EntryIn) -> ServiceEntry:
    """Write down a service; who writes it vouches for it, so it shows at once. Raises what :func:`check_entry` does."""
    actor.require(Permission.NETWORK_COORDINATE)
    check_entry(data, on=today())
    entry = ServiceEntry(
        **data.model_dump(), created_by=actor.account_id, changed_by=actor.account_id,
        confirmed_by=actor.account_id, confirmed_at=now(),
    )  # fmt: skip
    session.add(entry)
    session.flush()
    return entry


def change_entry(session: Session, *, actor: Actor, entry_id: UUID, data: EntryIn) -> ServiceEntry:
    """Write an entry anew, which confirms it. Raises :class:`EntryNotFoundError` and as :func:`check_entry`."""
    actor.require(Permission.NETWORK_COORDINATE)
    entry = get_entry(session, entry_id=entry_id)
    check_entry(data, on=today())
    for name, value in data.model_dump().items():
        setattr(entry, name, value)
    return _touched(session, actor, entry)


def renew_entry(session: Session, *, actor: Actor, entry_id: UUID, valid_until: date) -> ServiceEntry:
    """Say that an entry still holds, until ``valid_until``; one that had ended is there again."""
    actor.require(Permission.NETWORK_COORDINATE)
    entry = get_entry(session, entry_id=entry_id)
    if valid_until < today():
        raise EntryExpiredError
    if valid_until > today() + LONGEST:
        raise EntryTooLongValidError(days=LONGEST.days)
    entry.valid_until = valid_until
    return _touched(session, actor, entry)


def _touched(session: Session, actor: Actor, entry: ServiceEntry) -> ServiceEntry:
    entry.changed_by, entry.changed_at = actor.account_id, now()
    entry.confirmed_by, entry.confirmed_at, entry.ended_at = actor.account_id, now(), None
    session.add(entry)
    session.flush()
    return entry


def end_entry(session: Session, *, actor: Actor, entry_id: UUID) -> ServiceEntry:
    """Take an entry out of use at once; it stays, since encounters may name it."""
    actor.require(Permission.NETWORK_COORDINATE)
    entry = get_entry(session, entry_id=entry_id)
    entry.ended_at = entry.changed_at = now()
    entry.changed_by = actor.account_id
    session.add(entry)
    session.flush()
    return entry


def get_entry(session: Session, *, entry_id: UUID) -> ServiceEntry:
    """The entry; raises :class:`EntryNotFoundError`."""
    entry = session.get(ServiceEntry, entry_id)
    if entry is None:
        raise EntryNotFoundError
    return entry


def list_entries(session: Session) -> Sequence[ServiceEntry]:
    """Every entry: what is in use first, by its last day; what was ended last."""
    return session.exec(
        select(ServiceEntry).order_by(
            col(ServiceEntry.ended_at).is_not(None), col(ServiceEntry.valid_until), col(ServiceEntry.name)
        )
    ).all()


def _shown_on(on: date) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        col(ServiceEntry.ended_at).is_(None),
        col(ServiceEntry.confirmed_at).is_not(None),
        col(ServiceEntry.valid_until) >= on,
    )


def entries_on(session: Session, *, on: date) -> Sequence[ServiceEntry]:
    """Every entry that may be shown on ``on``: confirmed, not ended, not past its last day; by name."""
    return session.exec(select(ServiceEntry).where(*_shown_on(on)).order_by(ServiceEntry.name)).all()


def entries_for(session: Session, *, site: Site, language: str, on: date) -> Sequence[ServiceEntry]:
    """What a person at ``site`` is shown on ``on``: services of its area, and those of its whole country.

    Who helps at once comes first, then what is near, then who speaks ``language``. Nothing unconfirmed, ended or
    past its last day is among them.
    """
    here = [one for one in entries_on(session, on=on) if one.country in {None, site.country} and _reaches(one, site)]
    return sorted(
        here,
        key=lambda one: (
            one.kind not in _URGENT, not one.area, language not in one.languages, one.kind.value, one.name.casefold(),
        ),
    )  # fmt: skip


def _reaches(entry: ServiceEntry, site: Site) -> bool:
    if not entry.area:
        return True
    near = {part.strip().casefold() for part in re.split("[,;/]", entry.area)}
    return any(part.strip().casefold() in near for part in re.split("[,;/]", site.area))


def is_shown(entry: ServiceEntry, *, on: date) -> bool:
    """Whether people see ``entry`` on ``on``."""
    return entry.ended_at is None and entry.confirmed_at is not None and entry.valid_until >= on


def wanting(session: Session, *, on: date) -> Sequence[ServiceEntry]:
    """What waits for a coordinator: expired, about to expire, or never confirmed; the most urgent first."""
    return session.exec(
        select(ServiceEntry)
        .where(
            col(ServiceEntry.ended_at).is_(None),
            sa.or_(col(ServiceEntry.valid_until) <= on + NOTICE, col(ServiceEntry.confirmed_at).is_(None)),
        )
        .order_by(col(ServiceEntry.valid_until), col(ServiceEntry.name))
    ).all()


def standing(session: Session, *, on: date) -> Standing:
    """How many entries are shown, unconfirmed, expire within :data:`NOTICE`, have expired, were ended."""
    entries = list_entries(session)
    used = [one for one in entries if one.ended_at is None]
    shown = [one for one in used if is_shown(one, on=on)]
    return Standing(
        shown=len(shown),
        unconfirmed=sum(one.confirmed_at is None for one in used),
        expiring=sum(one.valid_until <= on + NOTICE for one in shown),
        expired=sum(one.valid_until < on for one in used),
        ended=len(entries) - len(used),
    )
