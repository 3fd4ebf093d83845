"""The counselling talk: its form with the guide beside it, one talk, the list; and counting a visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.routing import GuardedRouter, needs
from api.services import person_code_keys
from lab.directory import service as directory
from lab.encounters import service
from lab.encounters.definition import Definition, Question, QuestionKind
from lab.encounters.models import Encounter
from lab.encounters.questionnaires import asked_at
from lab.encounters.schemas import EncounterIn, EncounterView
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.network import sites, switches
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.personcodes import service as person_codes
from lab.samples.models import Sample

router = GuardedRouter(html=True)
RECORD = needs(Permission.ENCOUNTER_RECORD)
GUIDE_STEPS = ("1", "2", "3", "4", "5", "6")
GUIDE_SOURCES: tuple[tuple[str, str], ...] = (
    (
        "A. Bücheli, TEDI: Drug Checking Consultation and Counselling Guidelines, Barcelona 2012/2013",
        "https://docslib.org/doc/12705108/tedi-drug-checking-consultation-and-counselling-guidelines",
    ),
    (
        "SAMHSA: Using Motivational Interviewing in Substance Use Disorder Treatment, Advisory 35 (after TIP 35)",
        "https://docslib.org/doc/12215554/motivational-interviewing-in-substance-use-disorder-treatment",
    ),
)


@dataclass(frozen=True)
class AskedModule:
    """A module in the reader's language, ready for a form."""

    title: str
    version: int
    questions: Sequence["AskedQuestion"]


@dataclass(frozen=True)
class AskedQuestion:
    """A question in the reader's language."""

    key: str
    kind: str
    text: str
    hint: str | None
    options: Sequence[tuple[str, str]]
    low: str
    high: str
    minimum: int | None
    maximum: int | None
    max_length: int
    only_if: str | None


@router.get("/encounters", access=RECORD)
def encounter_list(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The newest talks at the sites of this account."""
    rows = service.newest(session, actor=actor)
    places = {site.id: site.name for site in sites.list_sites(session)}
    return show(request, "pages/encounters.html", session=session, rows=rows, sites=places)


@router.get("/encounters/new", access=RECORD)
def new_encounter(request: Request, session: SessionDep, identity: IdentityDep, sample: str = "") -> Response:
    """The form, about a sample when its code is given."""
    site = work_site(request, session, identity, Permission.ENCOUNTER_RECORD)
    form = Form(
        {
            "client_id": [str(new_id())],
            "sample_codes": [sample],
            "met_on": [today().isoformat()],
            "site": [str(site.id) if site else ""],
        }
    )
    return _form_page(request, session, form, site)


def _form_page(request: Request, session: Session, form: Form, site: Site | None, status: int = 200) -> Response:
    language = language_of(request)
    modules = [] if site is None else [one for one, _ in asked_at(session, site=site)]
    entries = [] if site is None else directory.entries_for(session, site=site, language=language, on=today())
    return show(
        request, "pages/encounter_new.html", session=session, status=status, form=form, at=site,
        modules=[_asked(one, language) for one in modules], entries=entries, today=today(),
        guide=GUIDE_STEPS, guide_sources=GUIDE_SOURCES,
    )  # fmt: skip


def _asked(module: Definition, language: str) -> AskedModule:
    texts = {one.id: one.text.in_language(language) for one in module.questions}
    return AskedModule(
        module.title.in_language(language), module.version,
        [_question(module, one, language, texts) for one in module.questions],
    )  # fmt: skip


def _question(module: Definition, one: Question, language: str, texts: dict[str, str]) -> AskedQuestion:
    options = [(option.id, option.text.in_language(language)) for option in one.options]
    if one.kind is QuestionKind.SCALE:
        options = [(str(step), str(step)) for step in range(one.min or 0, (one.max or 0) + 1)]
    return AskedQuestion(
        key=module.key(one), kind=one.kind.value, text=one.text.in_language(language),
        hint=one.hint.in_language(language) if one.hint else None, options=options,
        low=one.low.in_language(language) if one.low else "", high=one.high.in_language(language) if one.high else "",
        minimum=one.min, maximum=one.max, max_length=one.max_length,
        only_if=texts[one.when.question] if one.when else None,
    )  # fmt: skip


@router.post("/encounters/new", access=RECORD)
def save(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Keep the talk."""
    site = _chosen_site(session, form) or work_site(request, session, identity, Permission.ENCOUNTER_RECORD)
    done = attempt(
        session, translator_of(request),
        lambda: service.record(session, actor=identity.actor, data=_encounter_in(form, site)),
    )  # fmt: skip
    if isinstance(done, Refusal):
        errors = {{"code": "sample_codes"}.get(name, name): text for name, text in done.errors.items()}
        return _form_page(request, session, form.refused(errors), site, 422)
    return go(f"/encounters/{done.id}", done="encounter_saved")


def _chosen_site(session: Session, form: Form) -> Site | None:
    key = as_uuid(form.get("site"))
    return session.get(Site, key) if key else None


def _encounter_in(form: Form, site: Site | None) -> EncounterIn:
    answers: dict[str, Any] = {
        name: list(values) if len(values) > 1 else values[0]
        for name, values in form.values.items()
        if "." in name and any(values)
    }
    data: dict[str, Any] = {
        "client_id": form.get("client_id") or str(new_id()), "site_id": site and site.id, "answers": answers,
        "met_on": form.get("met_on").strip() or None,
        "sample_codes": form.get("sample_codes").replace(",", " ").split(),
        "orientation": [value for value in form.all("orientation") if value],
        "corrects_id": form.get("corrects_id") or None,
    }  # fmt: skip
    return EncounterIn.model_validate(data)


@router.get("/encounters/{encounter_id}", access=RECORD)
def encounter_page(encounter_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """One talk, under the questionnaires it was asked with."""
    view = service.view(session, actor=actor, encounter_id=encounter_id)
    return show(
        request, "pages/encounter.html", session=session, view=view, modules=_told(view, request),
        at=session.get_one(Site, view.encounter.site_id),
        counts_visits=switches.is_on(session, name=switches.PERSON_CODE),
    )  # fmt: skip


@dataclass(frozen=True)
class ToldModule:
    """A module with its answers in words; None is "not stated"."""

    title: str
    version: int
    rows: Sequence[tuple[str, str | None]]


def _told(view: EncounterView, request: Request) -> list[ToldModule]:
    translator = translator_of(request)

    def words(question: Question, value: Any) -> str | None:
        if value is None:
            return None
        if isinstance(value, bool):
            return translator.text("common.yes" if value else "common.no")
        names = {option.id: option.text.in_language(translator.language) for option in question.options}
        if isinstance(value, list):
            return ", ".join(names.get(str(one), str(one)) for one in value)
        return names.get(str(value), str(value))

    return [
        ToldModule(
            module.title.in_language(translator.language), module.version,
            [(one.question.text.in_language(translator.language), words(one.question, one.value)) for one in asked],
        )
        for module, asked in view.modules
    ]  # fmt: skip


@router.get("/encounters/{encounter_id}/correct", access=RECORD)
def correct_page(encounter_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """The form, filled with what is there; saving it makes a newer version."""
    view = service.view(session, actor=actor, encounter_id=encounter_id)
    old = view.encounter
    values = {name: _typed(value) for name, value in old.answers.items()}
    values |= {
        "client_id": [str(new_id())], "corrects_id": [str(old.id)], "site": [str(old.site_id)],
        "met_on": [old.met_on.isoformat()], "sample_codes": [" ".join(one.code for one in view.samples)],
        "orientation": [str(one.id) for one in view.orientation],
    }  # fmt: skip
    return _form_page(request, session, Form(values), session.get_one(Site, old.site_id))


def _typed(value: Any) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def encounters_of(session: Session, actor: Actor, sample: Sample) -> Sequence[Encounter]:
    """The talks about a sample, for its page."""
    return service.of_sample(session, actor=actor, sample_id=sample.id)


@router.get("/visits/new", access=RECORD)
def visit_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Count a visit, where the network switched it on."""
    return _visit_page(request, session, identity, Form())


def _visit_page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    return show(
        request, "pages/visit_new.html", session=session, status=status, form=form,
        at=work_site(request, session, identity, Permission.ENCOUNTER_RECORD),
        on=switches.is_on(session, name=switches.PERSON_CODE),
    )  # fmt: skip


@router.post("/visits/new", access=RECORD)
def count_visit(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Count it. What was typed goes into a keyed hash and nowhere else."""
    site = work_site(request, session, identity, Permission.ENCOUNTER_RECORD)
    fields = ("mother_initial", "older_brothers", "birth_month", "birth_town_initial")
    data = {name: form.get(name) for name in fields} | {
        "site_id": site and site.id,
        "consent": bool(form.get("consent")),
    }
    done = attempt(
        session, translator_of(request),
        lambda: person_codes.count_visit(
            session, actor=identity.actor, keys=person_code_keys(settings),
            data=person_codes.ElementsIn.model_validate(data),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _visit_page(request, session, identity, form.refused(done.errors), 422)
    return go("/encounters", done="visit_counted")
