"""How often a question of the registration was left without an answer, per site: what to ask less, or better."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col

from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.samples.models import AdverseEvent, Sample, SampleForm

_TABLETS = (SampleForm.TABLET, SampleForm.CAPSULE)


@dataclass(frozen=True)
class Question:
    """One question: when it counts as not stated, and of whom it is asked at all."""

    name: str
    unstated: sa.ColumnElement[bool]
    asked: sa.ColumnElement[bool] | None = None  # of every sample


def _missing(name: str, *, asked: sa.ColumnElement[bool] | None = None) -> Question:
    return Question(name, getattr(Sample, name).is_(None), asked)


_IS_TABLET = col(Sample.form).in_(_TABLETS)
QUESTIONS: tuple[Question, ...] = (
    Question("sold_as", sa.and_(col(Sample.sold_as_substance_id).is_(None), col(Sample.sold_as_raw).is_(None))),
    _missing("form"),
    Question("colours", sa.cast(col(Sample.colours), sa.String) == "[]"),
    _missing("texture"),
    _missing("mass_mg"),
    Question("adverse_event", col(Sample.adverse_event) == AdverseEvent.UNKNOWN),
    _missing("effects"),
    _missing("route"),
    Question("reason", col(Sample.reason_stated).is_(False)),
    _missing("tablet_shape", asked=_IS_TABLET),
    _missing("tablet_logo", asked=_IS_TABLET),
    _missing("tablet_length_mm", asked=_IS_TABLET),
)


@dataclass(frozen=True)
class Unstated:
    """One question at one site: of ``asked`` samples, ``unstated`` had no answer."""

    site: str
    question: str
    asked: int
    unstated: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where nobody was asked."""
        return self.unstated / self.asked if self.asked else None


def unstated_shares(
    session: Session, *, actor: Actor, first: date, last: date, site_id: UUID | None = None
) -> Sequence[Unstated]:
    """Each question at each site with samples collected from ``first`` to ``last``, both included.

    Raises :class:`~lab.errors.ForbiddenError` for whoever may not coordinate; only their sites are counted.
    """
    actor.require(Permission.NETWORK_COORDINATE, site_id)
    sites = actor.sites(Permission.NETWORK_COORDINATE)
    counts: list[sa.ColumnElement[int]] = []
    for question in QUESTIONS:
        asked = sa.true() if question.asked is None else question.asked
        counts.append(sa.func.count(sa.case((asked, 1))).label(f"{question.name}_asked"))
        counts.append(sa.func.count(sa.case((sa.and_(asked, question.unstated), 1))).label(question.name))
    query = (
        sa.select(col(Site.name), *counts)
        .join(Sample, col(Sample.site_id) == col(Site.id))
        .where(col(Sample.collected_on).between(first, last))
        .group_by(col(Site.id), col(Site.name))
        .order_by(col(Site.name))
    )
    if sites is not None:
        query = query.where(col(Site.id).in_(sites))
    if site_id is not None:
        query = query.where(col(Site.id) == site_id)
    return [
        Unstated(row["name"], question.name, row[f"{question.name}_asked"], row[question.name])
        for row in session.execute(query).mappings()
        for question in QUESTIONS
    ]
