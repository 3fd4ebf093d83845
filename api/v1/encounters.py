"""Encounters and the directory of services as JSON: what is asked at a site, recording a talk, where to orient."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel
from sqlmodel import Session

from api.deps import ActorDep, SessionDep
from api.language import language_of
from api.routing import GuardedRouter, needs
from lab.directory.models import ServiceKind
from lab.directory.service import entries_for
from lab.encounters import service
from lab.encounters.models import QuestionnaireOrigin
from lab.encounters.questionnaires import asked_at
from lab.encounters.schemas import EncounterIn, EncounterView
from lab.kit.clock import today
from lab.network import sites
from lab.network.access import Permission

router = GuardedRouter(tags=["encounters"])
RECORD = needs(Permission.ENCOUNTER_RECORD)


class EncounterOut(BaseModel):
    """A talk. ``not_stated`` names the questions that were asked and left out."""

    id: UUID
    site_id: UUID
    met_on: date
    recorded_at: datetime
    questionnaires: dict[str, int]
    answers: dict[str, Any]
    not_stated: list[str]
    sample_codes: list[str]
    orientation: list[UUID]
    corrects_id: UUID | None
    corrected_by: UUID | None


class QuestionnaireOut(BaseModel):
    """A questionnaire in use, whole."""

    origin: QuestionnaireOrigin
    definition: dict[str, Any]


class ServiceOut(BaseModel):
    """A service that people may be oriented to today."""

    id: UUID
    kind: ServiceKind
    name: str
    country: str | None
    area: str
    languages: list[str]
    telephone: str | None
    web: str | None
    hours: str
    purpose: str
    valid_until: date


def _out(view: EncounterView) -> EncounterOut:
    one = view.encounter
    return EncounterOut(
        **one.model_dump(include={"id", "site_id", "met_on", "recorded_at", "answers", "corrects_id"}),
        questionnaires={module.name: module.version for module, _ in view.modules},
        not_stated=[asked.key for _, rows in view.modules for asked in rows if asked.value is None],
        sample_codes=[sample.code for sample in view.samples],
        orientation=[entry.id for entry in view.orientation],
        corrected_by=view.corrected_by,
    )


@router.post("/encounters", access=RECORD, status_code=201)
def record(data: EncounterIn, session: SessionDep, actor: ActorDep) -> EncounterOut:
    """Record a talk; the same ``client_id`` again gives the one that is there."""
    encounter = service.record(session, actor=actor, data=data)
    return _out(service.view(session, actor=actor, encounter_id=encounter.id))


@router.get("/encounters/{encounter_id}", access=RECORD)
def get_encounter(encounter_id: UUID, session: SessionDep, actor: ActorDep) -> EncounterOut:
    """One talk."""
    return _out(service.view(session, actor=actor, encounter_id=encounter_id))


def _site(session: Session, actor: ActorDep, site_id: UUID) -> Any:
    actor.require(Permission.ENCOUNTER_RECORD, site_id)
    return sites.get_site(session, site_id=site_id)


@router.get("/questionnaires", access=RECORD)
def questionnaires(site_id: UUID, session: SessionDep, actor: ActorDep) -> list[QuestionnaireOut]:
    """What is asked at a site now."""
    site = _site(session, actor, site_id)
    return [
        QuestionnaireOut(origin=origin, definition=definition.as_json())
        for definition, origin in asked_at(session, site=site)
    ]


@router.get("/directory", access=RECORD)
def services(site_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> list[ServiceOut]:
    """Where people at a site can be oriented to today: nothing unconfirmed, ended or past its last day."""
    site = _site(session, actor, site_id)
    found = entries_for(session, site=site, language=language_of(request), on=today())
    return [ServiceOut(**one.model_dump(include=set(ServiceOut.model_fields))) for one in found]
