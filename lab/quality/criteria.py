"""The criteria that a laboratory declares for its plates; until it has, those that come with a source hold.

Shipped are Westgard's rules alone, with their publication. Whether standards and blanks are demanded, how far a
standard may lie from where it is expected, and how far two runs of one sample may differ are the laboratory's to say.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.quality.errors import CriteriaRangeError, CriteriaSourceMissingError
from lab.quality.models import QualityCriteria
from lab.quality.westgard import SOURCE

# CLSI C24, 4th edition (2016), is not open to read; its "20 times on 20 separate days" for a new control is quoted by
# Bio-Rad, "How to establish mean and acceptable QC ranges" (helpcenter.qcnet.com, article 360060509911).
SHIPPED_BASELINE_RUNS = 20
_LIMITS = {"window_hrf": (0.1, 50.0), "duplicate_limit": (1.0, 20.0), "baseline_runs": (5, 200)}


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """What is demanded of a plate; ``number`` 0 and no key: the shipped ones."""

    id: UUID | None = None
    number: int = 0
    standards_required: bool = False
    blank_required: bool = False
    blank_clean: bool = False
    window_hrf: float | None = None
    duplicate_limit: float | None = None
    westgard: bool = True
    baseline_runs: int = SHIPPED_BASELINE_RUNS
    source: str = SOURCE

    @property
    def demands_a_plate(self) -> bool:
        """Whether an answer by TLC can only rest on a plate that shows its standards or its blank."""
        return self.standards_required or self.blank_required


SHIPPED = Criteria()


class CriteriaIn(BaseModel):
    """What a laboratory declares; an empty limit is not judged."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    standards_required: bool = False
    blank_required: bool = False
    blank_clean: bool = False
    window_hrf: float | None = None
    duplicate_limit: float | None = None
    westgard: bool = True
    baseline_runs: int = SHIPPED_BASELINE_RUNS
    source: str = Field(default="", max_length=500)


def criteria_at(session: Session, *, site_id: UUID) -> Criteria:
    """What holds at this laboratory now."""
    newest = select(QualityCriteria).where(QualityCriteria.site_id == site_id)
    row = session.exec(newest.order_by(col(QualityCriteria.number).desc())).first()
    if row is None:
        return SHIPPED
    names = set(Criteria.__dataclass_fields__)
    return Criteria(**row.model_dump(include=names))


def criteria_history(session: Session, *, site_id: UUID) -> Sequence[QualityCriteria]:
    """Every version that was declared, the newest first."""
    statement = select(QualityCriteria).where(QualityCriteria.site_id == site_id)
    return session.exec(statement.order_by(col(QualityCriteria.number).desc())).all()


def declare(session: Session, *, actor: Actor, site_id: UUID, data: CriteriaIn) -> QualityCriteria:
    """Declare what is demanded from now on. The versions before stay readable.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`CriteriaSourceMissingError`, :class:`CriteriaRangeError`.
    """
    actor.require(Permission.QUALITY_DECLARE, site_id)
    if not data.source:
        raise CriteriaSourceMissingError
    for name, (least, most) in _LIMITS.items():
        value = getattr(data, name)
        if value is not None and not (math.isfinite(value) and least <= value <= most):
            raise CriteriaRangeError(field=name, least=least, most=most)
    session.exec(select(Site.id).where(Site.id == site_id).with_for_update()).one()  # versions come one by one
    last = session.exec(select(sa.func.max(QualityCriteria.number)).where(QualityCriteria.site_id == site_id)).one()
    row = QualityCriteria(**data.model_dump(), site_id=site_id, number=(last or 0) + 1, declared_by=actor.account_id)
    session.add(row)
    session.flush()
    return row
