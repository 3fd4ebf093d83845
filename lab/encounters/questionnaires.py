"""Which questionnaires are asked: those that ship with Drugcheck, and the network's own in their place."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.encounters.definition import Definition, parse_definition
from lab.encounters.errors import QuestionnaireNotFoundError, QuestionnaireTakenError
from lab.encounters.models import EncounterModule, Questionnaire, QuestionnaireOrigin
from lab.network.access import Actor, Permission
from lab.network.models import Site

CORE = "core"


@cache
def shipped() -> tuple[Definition, ...]:
    """The questionnaires of this version of Drugcheck, the core first."""
    folder = files("lab.encounters").joinpath("shipped")
    found = [parse_definition(one.read_bytes()) for one in folder.iterdir() if one.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda one: (one.name != CORE, one.name)))


def current(session: Session) -> Sequence[tuple[Definition, QuestionnaireOrigin]]:
    """What holds now: of each name the network's highest version, else the one that ships. The core first."""
    holding = {one.name: (one, QuestionnaireOrigin.SHIPPED) for one in shipped()}
    rows = session.exec(
        select(Questionnaire)
        .where(Questionnaire.origin == QuestionnaireOrigin.NETWORK)
        .order_by(col(Questionnaire.version))
    )
    for row in rows:
        holding[row.name] = (definition_of(row), QuestionnaireOrigin.NETWORK)
    return sorted(holding.values(), key=lambda one: (one[0].name != CORE, one[0].name))


def asked_at(session: Session, *, site: Site) -> Sequence[tuple[Definition, QuestionnaireOrigin]]:
    """The modules asked at ``site``: the core and those for its kind and milieu."""
    return [one for one in current(session) if one[0].asked_at(site_type=site.type, milieu=site.milieu)]


def definition_of(row: Questionnaire) -> Definition:
    """A stored version, as it was asked."""
    return Definition.model_validate(row.definition)


def place(session: Session, *, actor: Actor, content: bytes) -> Questionnaire:
    """Put a version of the network's own in place; answers under older ones stay readable under theirs.

    Raises :class:`~lab.encounters.errors.DefinitionError` and :class:`QuestionnaireTakenError`.
    """
    actor.require(Permission.NETWORK_COORDINATE)
    definition = parse_definition(content)
    holding = next((one for one, _ in current(session) if one.name == definition.name), None)
    if holding is not None and definition.version <= holding.version:
        raise QuestionnaireTakenError(name=definition.name, version=holding.version)
    row = Questionnaire(
        name=definition.name, version=definition.version, origin=QuestionnaireOrigin.NETWORK,
        definition=definition.as_json(), placed_by=actor.account_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise QuestionnaireTakenError(name=definition.name, version=definition.version) from None
    return row


def row_of(session: Session, *, definition: Definition, origin: QuestionnaireOrigin) -> Questionnaire:
    """The stored row of a version in use; a shipped one is stored when it is first answered under."""
    wanted = select(Questionnaire).where(
        Questionnaire.name == definition.name,
        Questionnaire.version == definition.version,
        Questionnaire.origin == origin,
    )
    row = session.exec(wanted).one_or_none()
    if row is not None:
        return row
    row = Questionnaire(
        name=definition.name, version=definition.version, origin=origin, definition=definition.as_json()
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another request stored it meanwhile
        return session.exec(wanted).one()
    return row


def find(session: Session, *, name: str, version: int, origin: QuestionnaireOrigin) -> Definition:
    """A version, stored or shipped; raises :class:`QuestionnaireNotFoundError`."""
    row = session.exec(
        select(Questionnaire).where(
            Questionnaire.name == name, Questionnaire.version == version, Questionnaire.origin == origin
        )
    ).one_or_none()
    if row is not None:
        return definition_of(row)
    if origin is QuestionnaireOrigin.SHIPPED:
        for one in shipped():
            if (one.name, one.version) == (name, version):
                return one
    raise QuestionnaireNotFoundError


def versions(session: Session) -> Sequence[Questionnaire]:
    """Every stored version, by name, the newest first."""
    return session.exec(
        select(Questionnaire).order_by(Questionnaire.name, col(Questionnaire.version).desc(), col(Questionnaire.origin))
    ).all()


def modules_of(session: Session, *, encounter_id: object) -> list[Definition]:
    """Under which modules an encounter was asked, the core first."""
    rows = session.exec(
        select(Questionnaire)
        .join(EncounterModule, col(EncounterModule.questionnaire_id) == col(Questionnaire.id))
        .where(EncounterModule.encounter_id == encounter_id)
    )
    return sorted((definition_of(row) for row in rows), key=lambda one: (one.name != CORE, one.name))
