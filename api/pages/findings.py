"""From a reading to findings: a chemist decides, lane by lane, what of the possible was found."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go
from api.pages.plates import show_plate
from api.routing import GuardedRouter, needs
from lab.kit.clock import today
from lab.library import service as library
from lab.library.models import TlcSystem
from lab.network.access import Permission
from lab.plates import service
from lab.plates.models import Plate, Reading
from lab.results import service as results
from lab.results.models import Abundance, Analysis, FindingRole, Outcome, Technique
from lab.results.schemas import AnalysisIn, FindingIn

router = GuardedRouter(prefix="/plates", html=True)
UNKNOWN, NOTHING = "unknown", ""


@router.post("/{plate_id}/readings/{reading_id}/lanes/{lane}", access=needs(Permission.ANALYSIS_RECORD))
def conclude(
    plate_id: UUID,
    reading_id: UUID,
    lane: int,
    request: Request,
    session: SessionDep,
    identity: IdentityDep,
    settings: SettingsDep,
    form: FormDep,
) -> Response:
    """Record what a chemist takes from one lane. The reading it rests on is accepted with it."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    reading = service.get_reading(session, actor=identity.actor, reading_id=reading_id)
    done = attempt(
        session, translator_of(request),
        lambda: _record(session, identity, plate, reading, lane, form, settings.confirmation_due_days),
    )  # fmt: skip
    if isinstance(done, Refusal):
        refused = form.refused(done.errors)
        return show_plate(request, session, identity, plate, refused, chosen=reading.picture_id, status=422)
    return go(f"/plates/{plate_id}", done="lane_recorded")


def _record(
    session: Session, identity: IdentityDep, plate: Plate, reading: Reading, lane: int, form: Form, due_days: int
) -> Analysis:
    sample_id = next(
        one.sample_id for one in service.lanes_of(session, plate_id=plate.id) if one.index == lane and one.sample_id
    )
    service.accept_reading(session, actor=identity.actor, reading_id=reading.id)
    findings = _findings(session, form)
    data = AnalysisIn(
        site_id=plate.site_id,
        technique=Technique.TLC,
        method_version=f"{session.get_one(TlcSystem, plate.system_id).code} · {reading.method_version}",
        performed_on=today(),
        outcome=_outcome(findings),
        detection_limit_note=form.get("detection_limit_note"),
        reading_id=reading.id,
        lane_index=lane,
        findings=findings,
    )
    return results.record_analysis(
        session, actor=identity.actor, sample_id=sample_id, data=data, confirm_within_days=due_days
    )


def _findings(session: Session, form: Form) -> list[FindingIn]:
    """One finding per band that says something; the same substance in two bands is one finding."""
    findings: dict[str, FindingIn] = {}
    for name, (chosen, *_) in form.values.items():
        if not name.startswith("band-") or chosen == NOTHING:
            continue
        if chosen == UNKNOWN:
            findings[name] = FindingIn(abundance=Abundance.INDICATED)
            continue
        role = form.get(name.replace("band-", "role-", 1))
        findings[chosen] = FindingIn(
            substance_id=library.find_substance(session, name=chosen).id,
            role=FindingRole(role) if role else None,
            abundance=Abundance.INDICATED,
        )
    return list(findings.values())


def _outcome(findings: list[FindingIn]) -> Outcome:
    if any(finding.substance_id for finding in findings):
        return Outcome.DETECTED
    return Outcome.UNABLE_TO_IDENTIFY if findings else Outcome.NONE_OF_INTEREST
