"""Recording an encounter, reading it again, and the list of a site."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.directory import service as directory
from lab.directory.models import ServiceEntry
from lab.encounters.answers import check_answers
from lab.encounters.errors import (
    AlreadyCorrectedError,
    EncounterIdReusedError,
    EncounterNotFoundError,
    EncounterSiteClosedError,
    MetInFutureError,
)
from lab.encounters.models import Encounter, EncounterModule, EncounterOrientation, EncounterSample
from lab.encounters.questionnaires import asked_at, modules_of, row_of
from lab.encounters.schemas import Asked, EncounterIn, EncounterView
from lab.kit.clock import today
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.samples import service as samples
from lab.samples.models import Sample


def record(session: Session, *, actor: Actor, data: EncounterIn) -> Encounter:
    """Take in an encounter under the questionnaires that hold at its site now.

    The same ``client_id`` again returns what is there already. A correction is a new encounter that supersedes.
    Raises :class:`~lab.errors.ForbiddenError`, what :func:`check_answers` raises, and the errors of this feature.
    """
    actor.require(Permission.ENCOUNTER_RECORD, data.site_id)
    known = session.exec(select(Encounter).where(Encounter.client_id == data.client_id)).one_or_none()
    if known is not None:
        return _same(known, data)
    site = _open_site(session, data.site_id)
    met_on = data.met_on or today()
    if met_on > today():
        raise MetInFutureError
    if data.corrects_id is not None:
        _correctable(session, actor, data)
    modules = asked_at(session, site=site)
    answers = check_answers([one for one, _ in modules], data.answers)
    talked_about = [samples.get_by_code(session, actor=actor, code=code) for code in dict.fromkeys(data.sample_codes)]
    named = [directory.get_entry(session, entry_id=key) for key in dict.fromkeys(data.orientation)]
    rows = [row_of(session, definition=one, origin=origin) for one, origin in modules]
    encounter = Encounter(
        client_id=data.client_id, site_id=site.id, met_on=met_on, answers=answers, corrects_id=data.corrects_id,
        recorded_by=actor.account_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(encounter)
    except IntegrityError:  # the same device, or another correction, was quicker
        known = session.exec(select(Encounter).where(Encounter.client_id == data.client_id)).one_or_none()
        if known is None:
            raise AlreadyCorrectedError from None
        return _same(known, data)
    session.add_all(EncounterModule(encounter_id=encounter.id, questionnaire_id=row.id) for row in rows)
    session.add_all(EncounterSample(encounter_id=encounter.id, sample_id=one.id) for one in talked_about)
    session.add_all(EncounterOrientation(encounter_id=encounter.id, entry_id=one.id) for one in named)
    session.flush()
    return encounter


def _same(known: Encounter, data: EncounterIn) -> Encounter:
    if known.site_id != data.site_id:
        raise EncounterIdReusedError
    return known


def _open_site(session: Session, site_id: UUID) -> Site:
    site = session.get(Site, site_id)
    if site is None or not site.active:
        raise EncounterSiteClosedError
    return site


def _correctable(session: Session, actor: Actor, data: EncounterIn) -> None:
    old = session.get(Encounter, data.corrects_id)
    if old is None or old.site_id != data.site_id or not actor.may(Permission.ENCOUNTER_RECORD, old.site_id):
        raise EncounterNotFoundError
    if _successor(session, old.id) is not None:
        raise AlreadyCorrectedError


def _successor(session: Session, encounter_id: UUID) -> UUID | None:
    return session.exec(select(Encounter.id).where(Encounter.corrects_id == encounter_id)).one_or_none()


def view(session: Session, *, actor: Actor, encounter_id: UUID) -> EncounterView:
    """An encounter under the questionnaires it was asked with, whatever holds today.

    Raises :class:`EncounterNotFoundError` also where ``actor`` may not see it.
    """
    encounter = session.get(Encounter, encounter_id)
    if encounter is None or not actor.may(Permission.ENCOUNTER_RECORD, encounter.site_id):
        raise EncounterNotFoundError
    modules = [
        (
            one,
            [
                Asked(question, one.key(question), encounter.answers.get(one.key(question)))
                for question in one.applicable(encounter.answers)
            ],
        )
        for one in modules_of(session, encounter_id=encounter.id)
    ]
    about = session.exec(
        select(Sample)
        .join(EncounterSample, col(EncounterSample.sample_id) == col(Sample.id))
        .where(EncounterSample.encounter_id == encounter.id)
        .order_by(Sample.code)
    ).all()
    named = session.exec(
        select(ServiceEntry)
        .join(EncounterOrientation, col(EncounterOrientation.entry_id) == col(ServiceEntry.id))
        .where(EncounterOrientation.encounter_id == encounter.id)
        .order_by(ServiceEntry.name)
    ).all()
    return EncounterView(encounter, modules, about, named, _successor(session, encounter.id))


def newest(
    session: Session, *, actor: Actor, site_id: UUID | None = None, since: date | None = None, limit: int = 50
) -> Sequence[Encounter]:
    """The encounters that hold (not those corrected) at the sites of ``actor``, newest first."""
    allowed = actor.sites(Permission.ENCOUNTER_RECORD)
    statement = select(Encounter).where(_holding())
    if allowed is not None:
        statement = statement.where(col(Encounter.site_id).in_(allowed))
    if site_id is not None:
        statement = statement.where(Encounter.site_id == site_id)
    if since is not None:
        statement = statement.where(col(Encounter.met_on) >= since)
    return session.exec(statement.order_by(col(Encounter.recorded_at).desc(), col(Encounter.id)).limit(limit)).all()


def _holding() -> sa.ColumnElement[bool]:
    corrected = select(Encounter.corrects_id).where(col(Encounter.corrects_id).is_not(None))
    return col(Encounter.id).not_in(corrected)


def of_sample(session: Session, *, actor: Actor, sample_id: UUID) -> Sequence[Encounter]:
    """The encounters about a sample that ``actor`` may read, newest first."""
    rows = session.exec(
        select(Encounter)
        .join(EncounterSample, col(EncounterSample.encounter_id) == col(Encounter.id))
        .where(EncounterSample.sample_id == sample_id, _holding())
        .order_by(col(Encounter.recorded_at).desc())
    ).all()
    return [row for row in rows if actor.may(Permission.ENCOUNTER_RECORD, row.site_id)]
