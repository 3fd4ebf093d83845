"""The legal register of a place: what came, what went, by whom, to whom, and what was there at each moment.

Modelled on Victoria's Drugs, Poisons and Controlled Substances Regulations, reg. 149G: date, person, quantity,
substance or appearance, counterparty, destruction, stock held. Persons are the opaque keys that the log knows; whoever
brought a sample is nobody's business and stands nowhere. Everything is read from the log's own bytes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select

from lab.custody.body import moment
from lab.custody.models import CustodyText, Manifest, Parcel, ParcelItem, Receiving, ReceivingScan, ScanKind
from lab.library.models import Substance
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.network.sites import get_site
from lab.register.errors import PeriodInvalidError
from lab.register.running import At, Change, changes
from lab.results.models import Analysis, Evidence, Finding
from lab.samples.models import Sample, SampleForm

_EVENTS = SQLModel.metadata.tables["custody_event"]
_ENTRIES = SQLModel.metadata.tables["ledger_entry"]
_PART = 500
_ALWAYS = frozenset({"destroyed", "returned", "lost", "found", "held", "released", "corrected"})
_LEVELS = list(Evidence)
_NOT_WHOLE = frozenset({"broken", "missing"})


class Deviation(StrEnum):
    """What was not as it should be, where a line says it."""

    MISSING = "missing"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"
    SEAL = "seal"
    PARCEL_SEAL = "parcel_seal"
    MASS = "mass"
    REFUSED = "refused"


@dataclass(frozen=True)
class Product:
    """What is known of a sample's content: its look, and what was found in it with the best evidence for each."""

    code: str
    form: SampleForm | None = None
    colours: tuple[str, ...] = ()
    found: tuple[tuple[str, Evidence], ...] = ()


class Line(NamedTuple):
    """One line of the register. Without ``seq`` it is no event of the log but what a receiving established."""

    at: str  # a moment as bodies write it, UTC
    action: str | None
    person: str | None
    sample_id: str | None = None
    item_id: str | None = None
    seq: int | None = None
    recorded_at: str | None = None
    containers: int = 0  # +1 came, -1 went, 0 stayed
    change_ug: int = 0
    unweighed: bool = False
    counterparty: str | None = None  # a site
    witness: str | None = None
    seal_number: str | None = None
    parcel_seal: str | None = None
    place: str | None = None
    method: str | None = None  # the commitment, then its words
    weighed_less_books_ug: int | None = None
    deviations: tuple[Deviation, ...] = ()
    text: str | None = None
    stock_containers: int = 0  # after this line
    stock_ug: int = 0


@dataclass(frozen=True)
class Stock:
    """What is held at a moment; unweighed containers are counted and are in no mass."""

    containers: int
    held_ug: int


@dataclass(frozen=True)
class Book:
    """The register of a place over a period."""

    site: Site
    since: date
    until: date
    opening: Stock
    closing: Stock
    lines: tuple[Line, ...]
    products: Mapping[str, Product] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)


def keep_book(session: Session, *, actor: Actor, site_id: UUID, since: date, until: date) -> Book:
    """The register of ``site_id`` from ``since`` to ``until``, both included, in the site's own days.

    Raises :class:`PeriodInvalidError`, :class:`~lab.network.errors.SiteNotFoundError` and ForbiddenError.
    """
    actor.require(Permission.CUSTODY_AUDIT, site_id)
    if until < since:
        raise PeriodInvalidError
    site = get_site(session, site_id=site_id)
    begins, ends = _bounds(site, since, until)
    lines = sorted(_all_lines(session, str(site_id), ends), key=lambda line: (line.at, line.seq or 0))
    opening, kept = _running(lines, begins)
    closing = Stock(kept[-1].stock_containers, kept[-1].stock_ug) if kept else opening
    return Book(
        site=site, since=since, until=until, opening=opening, closing=closing,
        lines=tuple(_with_methods(session, kept)), products=_products(session, kept),
        sites={str(key): name for key, name in session.exec(select(Site.id, Site.name))},
    )  # fmt: skip


def _bounds(site: Site, since: date, until: date) -> tuple[str, str]:
    zone = ZoneInfo(site.timezone)
    begins = datetime.combine(since, time(), zone)
    ends = datetime.combine(until + timedelta(days=1), time(), zone)
    return moment(begins.astimezone(UTC)), moment(ends.astimezone(UTC))


def _running(lines: Sequence[Line], begins: str) -> tuple[Stock, list[Line]]:
    containers = held_ug = 0
    opening = Stock(0, 0)
    kept: list[Line] = []
    for line in lines:
        containers += line.containers
        held_ug += line.change_ug
        if line.at < begins:
            opening = Stock(containers, held_ug)
        else:
            kept.append(line._replace(stock_containers=containers, stock_ug=held_ug))
    return opening, kept


def _all_lines(session: Session, site: str, ends: str) -> list[Line]:
    unexpected = _unexpected(session, UUID(site))
    lines = [
        line
        for history in _histories(session, site)
        for change in changes(history)
        if change.body["occurred_at"] < ends and (line := _line(change, site, unexpected)) is not None
    ]
    established = _established(session, UUID(site))
    return lines + [line for line in established if line.at < ends]


def _histories(session: Session, site: str) -> Iterable[list[tuple[int, dict[str, Any]]]]:
    """The entries of every item that was ever here or on its way here, item by item."""
    touching = sa.select(_EVENTS.c.item_id).join(_ENTRIES, _EVENTS.c.seq == _ENTRIES.c.seq)
    needle = sa.literal(site.encode(), sa.LargeBinary())
    if session.get_bind().dialect.name == "sqlite":
        touching = touching.where(sa.func.instr(_ENTRIES.c.body, needle) > 0)
    else:
        touching = touching.where(sa.func.strpos(sa.func.encode(_ENTRIES.c.body, "escape"), site) > 0)
    query = (
        sa.select(_ENTRIES.c.seq, _ENTRIES.c.body)
        .join(_EVENTS, _EVENTS.c.seq == _ENTRIES.c.seq)
        .where(_EVENTS.c.item_id.in_(touching))
        .order_by(_EVENTS.c.item_id, _ENTRIES.c.seq)
    )
    # Well-formed they are since they were written; whether they are the same still, verifying the log tells.
    entries = [(seq, orjson.loads(body)) for seq, body in session.execute(query).all()]
    for _, history in groupby(entries, key=lambda entry: entry[1]["item"]):
        yield list(history)


def _line(change: Change, site: str, unexpected: set[tuple[str, str]]) -> Line | None:
    """None for what is elsewhere, and for sealing, opening or storing that changes nothing a register counts."""
    body, action = change.body, change.body["action"]
    before, after = change.before, change.after
    arrives = body.get("to") == site
    if not (arrives or site in {before.site, after.site} or body.get("from") == site):
        return None
    containers = (after.site == site) - (before.site == site)
    change_ug = _held_here(after, site) - _held_here(before, site)
    deviations = _deviations(body, site, unexpected)
    if not (containers or change_ug or deviations or action in _ALWAYS):
        return None
    difference = body["weighed_ug"] - body["before_ug"] if Deviation.MASS in deviations else None
    return Line(
        at=body["occurred_at"], action=action, person=body["actor"], sample_id=body["sample"],
        item_id=body["item"], seq=change.seq, recorded_at=body["recorded_at"], containers=containers,
        change_ug=change_ug, unweighed=after.held_ug is None,
        counterparty=body.get("from") if arrives else body.get("to"),
        witness=body.get("witness"), seal_number=body.get("seal_number"), parcel_seal=body.get("parcel_seal"),
        place=body.get("place"), method=body.get("texts", {}).get("method"),
        weighed_less_books_ug=difference, deviations=deviations,
    )  # fmt: skip


def _held_here(at: At, site: str) -> int:
    return (at.held_ug or 0) if at.site == site else 0


def _deviations(body: Mapping[str, Any], site: str, unexpected: set[tuple[str, str]]) -> tuple[Deviation, ...]:
    found = []
    arrives = body["action"] in {"received", "found"} and body.get("to") == site
    if arrives and (body.get("parcel"), body["item"]) in unexpected:
        found.append(Deviation.UNEXPECTED)
    if body.get("seal_state") in _NOT_WHOLE:
        found.append(Deviation.SEAL)
    if arrives and body.get("parcel_seal_state") in _NOT_WHOLE:
        found.append(Deviation.PARCEL_SEAL)
    if "weighed_ug" in body and "before_ug" in body and body["weighed_ug"] != body["before_ug"]:
        found.append(Deviation.MASS)
    return tuple(found)


def _unexpected(session: Session, site_id: UUID) -> set[tuple[str, str]]:
    query = (
        select(ParcelItem.parcel_id, ParcelItem.item_id)
        .join(Parcel, col(Parcel.id) == col(ParcelItem.parcel_id))
        .where(Parcel.to_site_id == site_id, ParcelItem.outcome == Manifest.UNEXPECTED)
    )
    return {(str(parcel), str(item)) for parcel, item in session.exec(query)}


def _established(session: Session, site_id: UUID) -> list[Line]:
    """What receivings at this place found that is no event: missing lines, unknown things, parcels refused."""
    lines = [
        Line(
            at=moment(parcel.received_at), action=None, person=None, sample_id=str(sample_id), item_id=str(item_id),
            counterparty=str(parcel.from_site_id), parcel_seal=parcel.seal_number, deviations=(Deviation.MISSING,),
        )
        for parcel, item_id, sample_id in _missing(session, site_id)
        if parcel.received_at is not None
    ]  # fmt: skip
    for scan, receiving in _unknown(session, site_id):
        lines.append(
            Line(
                at=moment(scan.scanned_at), action=None, person=str(scan.scanned_by),
                parcel_seal=receiving.seal_number, text=scan.text, deviations=(Deviation.UNKNOWN,),
            )
        )  # fmt: skip
    return [*lines, *_refused(session, site_id)]


def _refused(session: Session, site_id: UUID) -> Iterator[Line]:
    """Parcels that this place refused, or whose parcels were refused elsewhere."""
    concerned = (Parcel.refused_site_id == site_id) | (Parcel.from_site_id == site_id)
    for parcel in session.exec(select(Parcel).where(col(Parcel.refused_at).is_not(None), concerned)):
        here = parcel.refused_site_id == site_id
        yield Line(
            at=moment(parcel.refused_at or parcel.packed_at), action=None,
            person=str(parcel.refused_by) if parcel.refused_by else None, parcel_seal=parcel.seal_number,
            counterparty=str(parcel.from_site_id if here else parcel.refused_site_id), text=parcel.refused_why,
            deviations=(Deviation.REFUSED,),
        )  # fmt: skip


def _missing(session: Session, site_id: UUID) -> Iterable[tuple[Parcel, UUID, UUID]]:
    item = SQLModel.metadata.tables["custody_item"]
    query = (
        select(Parcel, ParcelItem.item_id, item.c.sample_id)
        .join(ParcelItem, col(ParcelItem.parcel_id) == col(Parcel.id))
        .join(item, item.c.id == col(ParcelItem.item_id))
        .where(Parcel.to_site_id == site_id, ParcelItem.outcome == Manifest.MISSING)
    )
    return session.exec(query).all()


def _unknown(session: Session, site_id: UUID) -> Iterable[tuple[ReceivingScan, Receiving]]:
    return session.exec(
        select(ReceivingScan, Receiving)
        .join(Receiving, col(Receiving.id) == col(ReceivingScan.receiving_id))
        .where(
            Receiving.site_id == site_id, ReceivingScan.kind == ScanKind.UNKNOWN,
            col(ReceivingScan.item_id).is_(None), col(ReceivingScan.undone_at).is_(None),
            col(Receiving.closed_at).is_not(None),
        )
    ).all()  # fmt: skip


def _parts(keys: Iterable[str]) -> Iterable[list[str]]:
    wanted = sorted(set(keys))
    return (wanted[start : start + _PART] for start in range(0, len(wanted), _PART))


def _with_methods(session: Session, lines: Sequence[Line]) -> list[Line]:
    words: dict[str, str] = {}
    for part in _parts(line.method for line in lines if line.method):
        words.update(
            session.exec(
                select(CustodyText.commitment, CustodyText.value).where(col(CustodyText.commitment).in_(part))
            ).all()
        )
    return [line._replace(method=words.get(line.method)) if line.method else line for line in lines]


def _products(session: Session, lines: Sequence[Line]) -> dict[str, Product]:
    products: dict[str, Product] = {}
    found: dict[str, dict[str, Evidence]] = {}
    for part in _parts(line.sample_id for line in lines if line.sample_id):
        keys = [UUID(key) for key in part]
        for name, evidence, sample_id in session.exec(
            select(Substance.name, Finding.evidence, Analysis.sample_id)
            .join(Finding, col(Finding.substance_id) == col(Substance.id))
            .join(Analysis, col(Analysis.id) == col(Finding.analysis_id))
            .where(col(Analysis.sample_id).in_(keys))
        ):
            known = found.setdefault(str(sample_id), {})
            best = Evidence(evidence)
            known[name] = max(known.get(name, best), best, key=_LEVELS.index)
        for key, code, form, colours in session.exec(
            select(Sample.id, Sample.code, Sample.form, Sample.colours).where(col(Sample.id).in_(keys))
        ):
            products[str(key)] = Product(
                code, SampleForm(form) if form else None, tuple(colours or ()), tuple(found.get(str(key), {}).items())
            )
    return products
