"""How long answers take in this network: measured, and only told where enough were measured."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import sqlalchemy as sa
from sqlmodel import Session, col, select

from lab.kit.clock import now
from lab.results.models import Result
from lab.samples.models import Sample

WINDOW = timedelta(days=90)
LEAST = 10  # fewer say more about a single evening than about the next one
_NEWEST = 500


@dataclass(frozen=True)
class UsualWait:
    """Half of the answers were there within ``half``; measured on ``answers`` of them."""

    half: timedelta
    answers: int

    @property
    def within(self) -> timedelta:
        """``half`` rounded up to whole hours, from a day on to whole days: nobody is told to come back too early."""
        unit = timedelta(hours=1) if self.half <= timedelta(hours=23) else timedelta(days=1)
        return unit * max(-(-self.half // unit), 1)


def usual_wait(session: Session) -> UsualWait | None:
    """The median time from registration to the first answer reported, over the last 90 days of the whole network.

    It depends on no sample in particular: what it is shown beside may be a ticket that opens nothing.
    """
    first = sa.func.min(col(Result.reported_at))
    rows = session.execute(
        select(Sample.registered_at, first.label("reported_at"))
        .join(Result, col(Result.sample_id) == col(Sample.id))
        .where(col(Result.reported_at) >= now() - WINDOW)
        .group_by(col(Sample.id), col(Sample.registered_at))
        .order_by(first.desc())
        .limit(_NEWEST)
    ).all()
    if len(rows) < LEAST:
        return None
    seconds = [(row.reported_at - row.registered_at).total_seconds() for row in rows]
    return UsualWait(timedelta(seconds=max(median(seconds), 0.0)), len(rows))
