"""What a laboratory declares of itself: how soon it means to answer, and how it verifies."""

from uuid import UUID

from sqlmodel import Session

from lab.bench.errors import NoLaboratoryError, TermsRangeError
from lab.bench.models import LaboratoryTerms
from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.network.models import Site, SiteType

MOST_DAYS, MOST_HOURS = 365, 24 * 14


def terms_of(session: Session, *, site_id: UUID) -> LaboratoryTerms | None:
    """What ``site_id`` declared; None when it declared nothing."""
    return session.get(LaboratoryTerms, site_id)


def declare_terms(
    session: Session,
    *,
    actor: Actor,
    site_id: UUID,
    turnaround_days: int | None,
    urgent_hours: int | None,
    checklist_required: bool,
) -> LaboratoryTerms:
    """Declare them anew; None withdraws a figure. Those who verify at the laboratory may.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`NoLaboratoryError`, :class:`TermsRangeError`.
    """
    actor.require(Permission.RESULT_VERIFY, site_id)
    site = session.get(Site, site_id)
    if site is None or site.type is not SiteType.LABORATORY:
        raise NoLaboratoryError
    for field, value, most in (
        ("turnaround_days", turnaround_days, MOST_DAYS), ("urgent_hours", urgent_hours, MOST_HOURS),
    ):  # fmt: skip
        if value is not None and not 1 <= value <= most:
            raise TermsRangeError(field=field, most=most)
    terms = session.get(LaboratoryTerms, site_id, with_for_update=True)
    if terms is None:
        terms = LaboratoryTerms(site_id=site_id, changed_by=actor.account_id)
    terms.turnaround_days, terms.urgent_hours = turnaround_days, urgent_hours
    terms.checklist_required = checklist_required
    terms.changed_by, terms.changed_at = actor.account_id, now()
    session.add(terms)
    session.flush()
    return terms
