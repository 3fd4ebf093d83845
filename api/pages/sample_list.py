"""Samples as rows of a list: how far each is, and how long somebody has been waiting for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from lab.kit.clock import now
from lab.library.models import Substance
from lab.network.access import Actor
from lab.network.models import Site
from lab.samples import service
from lab.samples.models import Sample
from lab.samples.schemas import SampleStatus
from lab.samples.status import status_of

# Willingness to wait at a festival halves beyond 35 minutes (DESIGN.md, Reference facts).
LATE = timedelta(minutes=35)
DONE = frozenset({SampleStatus.READY, SampleStatus.RETRACTED, SampleStatus.LOST, SampleStatus.ENDED})
_NIGHT = timedelta(hours=14)  # a night at a testing point is one list, though its date changes
_MOST = 200


@dataclass(frozen=True)
class Progress:
    """One row."""

    sample: Sample
    status: SampleStatus
    sold_as: str | None
    site: str

    @property
    def is_waiting(self) -> bool:
        return self.status not in DONE

    @property
    def is_late(self) -> bool:
        return self.is_waiting and now() - self.sample.registered_at > LATE


@dataclass(frozen=True)
class Tonight:
    """The samples of this night at one site, those that wait longest first."""

    rows: Sequence[Progress]

    @property
    def waiting(self) -> Sequence[Progress]:
        return [row for row in self.rows if row.is_waiting]

    @property
    def oldest(self) -> datetime | None:
        return min((row.sample.registered_at for row in self.waiting), default=None)


def progress_of(session: Session, sample: Sample) -> Progress:
    """How far ``sample`` is."""
    substance = session.get(Substance, sample.sold_as_substance_id) if sample.sold_as_substance_id else None
    site = session.get_one(Site, sample.site_id)
    return Progress(
        sample, status_of(session, sample=sample), substance.name if substance else sample.sold_as_raw, site.name
    )


def tonight(session: Session, *, actor: Actor, site_id: UUID) -> Tonight:
    """The samples registered at ``site_id`` in the last hours."""
    since = now() - _NIGHT
    page = service.list_samples(session, actor=actor, site_id=site_id, collected_from=_day(since), limit=_MOST)
    rows = [progress_of(session, sample) for sample in page.samples if sample.registered_at >= since]
    return Tonight(sorted(rows, key=lambda row: (not row.is_waiting, row.sample.registered_at)))


def _day(at: datetime) -> date:
    return at.date()
