"""Samples for people: the list, the registration form, the ticket, and everything about one sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Query, Request
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from alerts.tasks import service as tasks
from api.deps import ActorDep, FilesDep, IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.contact_forms import contact_card, keep_contact, taken_out
from api.pages.counter import alike_of_form, alike_of_sample
from api.pages.encounters import encounters_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import current_site, go, show, work_site
from api.pages.onsite import onsite_context
from api.pages.photos import photo_context, photo_in
from api.pages.sample_answer import answer_part, ticket_rows
from api.pages.sample_list import progress_of
from api.pages.sample_timeline import timeline_of
from api.pages.tickets import reissued_page, ticket_page
from api.routing import GuardedRouter, needs
from api.state import state_of
from api.uploads import PHOTO_LIMIT
from lab.custody import service as custody
from lab.custody.errors import ItemNotFoundError
from lab.custody.models import Item, ItemState
from lab.errors import LabError
from lab.kit.clock import today
from lab.kit.files import FileStore
from lab.kit.ids import new_id
from lab.library import service as library
from lab.library.models import Substance
from lab.network import sites
from lab.network.access import Actor, Permission
from lab.network.models import Account, Site
from lab.photos.service import add_photo, photos_of
from lab.plates import service as plates
from lab.results import service as results
from lab.results.models import Analysis, Finding, ResultState
from lab.samples import service, tickets
from lab.samples.codes import parse_code
from lab.samples.models import AdverseEvent, Reason, Sample, SampleForm
from lab.samples.schemas import Registered, SampleIn
from lab.samples.status import status_of
from lab.samples.words import Colour, Route, TabletShape, Texture
from lab.sync.labels import same_bag_as
from templates.i18n import LANGUAGES, Translator

router = GuardedRouter(html=True)
PAGE_SIZE = 50
_NUMBERS = ("mass_mg", "tablet_length_mm", "tablet_width_mm", "tablet_thickness_mm", "tablet_mass_mg")
_WORDS = {
    "sample_forms": SampleForm, "colours": Colour, "textures": Texture, "routes": Route, "reasons": Reason,
    "adverse_events": AdverseEvent, "tablet_shapes": TabletShape,
}  # fmt: skip


@router.get("/samples", access=needs(Permission.SAMPLE_READ))
def sample_list(
    request: Request, session: SessionDep, actor: ActorDep, code: str = "", offset: Annotated[int, Query(ge=0)] = 0
) -> Response:
    """The newest samples, and the box to find one by its code."""
    form = Form({"code": [code]})
    if code.strip():
        found = attempt(session, translator_of(request), lambda: parse_code(code))
        if not isinstance(found, Refusal):
            return RedirectResponse(f"/samples/{found}", 303)
        form = form.refused(found.errors)
    page = service.list_samples(session, actor=actor, offset=offset, limit=PAGE_SIZE)
    rows = [progress_of(session, sample) for sample in page.samples]
    return show(
        request, "pages/samples.html", session=session, form=form, rows=rows, total=page.total,
        offset=offset, size=PAGE_SIZE, may_register=actor.may(Permission.SAMPLE_REGISTER),
        may_count=actor.may(Permission.NETWORK_COORDINATE),
    )  # fmt: skip


def _new_page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    return show(
        request, "pages/sample_new.html", session=session, status=status, form=form, at=site,
        alike=alike_of_form(session, form), consent_languages=_languages(translator_of(request)),
        hits=library.search_substances(session, query=form.get("sold_as_raw"), limit=5), today=today(), **_WORDS,
    )  # fmt: skip


@router.get("/samples/new", access=needs(Permission.SAMPLE_REGISTER))
def new_sample(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The registration form."""
    form = Form({"client_id": [str(new_id())], "consent_language": [language_of(request)]})
    return _new_page(request, session, identity, form)


@router.get("/samples/sold-as", access=needs(Permission.SAMPLE_REGISTER))
def sold_as(request: Request, session: SessionDep, sold_as_raw: str = "") -> Response:
    """Substances that fit what is being typed, for the form."""
    hits = library.search_substances(session, query=sold_as_raw, limit=5)
    return show(request, "pages/sold_as.html", hits=hits, form=Form())


def _languages(translator: Translator) -> list[tuple[str, str]]:
    return [(language, translator.text(f"language.{language}")) for language in LANGUAGES]


@router.post("/samples/new", access=needs(Permission.SAMPLE_REGISTER), max_body_size=PHOTO_LIMIT)
def register(
    request: Request, session: SessionDep, files: FilesDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Register, and show the ticket: the only time that it can be seen."""
    photo = attempt(session, translator_of(request), lambda: photo_in(form))
    if isinstance(photo, Refusal):
        return _new_page(request, session, identity, form.refused(photo.errors), 422)
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    done = attempt(
        session, translator_of(request),
        lambda: _register(request, session, files, identity, form, site, photo),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _new_page(request, session, identity, form.refused(done.errors), 422)
    return ticket_page(request, session, settings, done)


def _register(
    request: Request, session: Session, files: FileStore, identity: IdentityDep, form: Form, site: Site | None,
    photo: bytes | None,
) -> Registered:  # fmt: skip
    data = form.cleaned(numbers=_NUMBERS, lists=("colours",))
    data.pop("code_mode", None)
    second = data.pop("colour_2", None)
    if second:
        data["colours"] = [*data.get("colours", []), second]
    data = {"consent_language": language_of(request)} | data | {"site_id": site and site.id}
    if "sold_as_substance_id" not in data and "sold_as_raw" in data:
        data["sold_as_substance_id"] = _named(session, data["sold_as_raw"])
    contact = taken_out(data)
    registered = service.register(
        session, actor=identity.actor, data=SampleIn.model_validate(data),
        ticket_days=state_of(request).settings.ticket_days,
    )  # fmt: skip
    keep_contact(request, session, actor=identity.actor, sample=registered.sample, data=contact)
    if photo is not None:  # under the key of the form: sent twice, it is kept once
        key = uuid5(registered.sample.client_id, "photo")
        add_photo(session, files, actor=identity.actor, sample=registered.sample, clean=photo, photo_id=key)
    return registered


def _named(session: Session, words: str) -> object:
    """The substance that these words name and no other; None leaves the person's own words to speak."""
    try:
        return library.find_substance(session, name=words).id
    except LabError:
        return None


@router.get("/samples/{code}", access=needs(Permission.SAMPLE_READ))
def sample_page(code: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One sample: its answer, where it is, and what can be done next."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    return _sample_page(request, session, identity, sample, Form())


@router.post("/samples/{code}/ticket", access=needs(Permission.SAMPLE_REGISTER))
def reissue(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """A new ticket in place of a lost one, shown this once; older ones stop working."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    done = attempt(
        session, translator_of(request),
        lambda: tickets.reissue(
            session, actor=identity.actor, sample=sample, asked=bool(form.get("asked")),
            valid_days=settings.ticket_days,
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _sample_page(request, session, identity, sample, form.refused(done.errors), 422)
    return reissued_page(request, session, settings, sample, done)


@router.post("/samples/{code}/ticket/close", access=needs(Permission.SAMPLE_REGISTER))
def close_tickets(code: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Close every ticket of a sample, and give out none."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    done = attempt(
        session, translator_of(request),
        lambda: tickets.close(session, actor=identity.actor, sample=sample, asked=bool(form.get("asked"))),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _sample_page(request, session, identity, sample, form.refused(done.errors), 422)
    return go(f"/samples/{sample.code}", done="tickets_closed")


def _sample_page(
    request: Request, session: Session, identity: IdentityDep, sample: Sample, form: Form, status: int = 200
) -> Response:
    actor = identity.actor
    here, _ = current_site(request, session, identity)
    items = custody.items_of(session, sample_id=sample.id)
    return show(
        request, "pages/sample.html", session=session, status=status, form=form, sample=sample,
        alike=alike_of_sample(session, sample),
        **photo_context(session, identity, sample), **onsite_context(session, identity, sample),
        state=status_of(session, sample=sample), same_bag=same_bag_as(session, sample_id=sample.id),
        sold_as=_sold_as_name(session, sample),
        at=session.get(Site, sample.site_id),
        part=answer_part(request, session, actor=actor, sample=sample),
        tickets=ticket_rows(session, actor=actor, sample=sample),
        tasks=[task for task in tasks.tasks_of_sample(session, sample_id=sample.id) if task.confirmed_at is None],
        items=items,
        analyses=_analyses(session, sample),
        plates=plates.plates_of_sample(session, sample_id=sample.id),
        line=timeline_of(session, actor=actor, sample=sample),
        may_prove=actor.may(Permission.CUSTODY_AUDIT, sample.site_id),
        to_photograph=_without_seal_photo(session, actor, sample, items),
        sites={site.id: site.name for site in sites.list_sites(session)},
        here=here,
        encounters=encounters_of(session, actor, sample) if actor.may(Permission.ENCOUNTER_RECORD) else None,
        contact=contact_card(session, actor=actor, settings=state_of(request).settings, sample=sample),
        can={
            "seal": {item.id for item in items if actor.may(Permission.CUSTODY_HANDLE, item.site_id)},
            "record": actor.may(Permission.ANALYSIS_RECORD),
            "draft": actor.may(Permission.RESULT_WRITE) and _may_draft(session, sample),
        },
    )  # fmt: skip


def _without_seal_photo(session: Session, actor: Actor, sample: Sample, items: Sequence[Item]) -> set[UUID]:
    """Sealed containers in the hands of this account whose seal nobody has photographed."""
    seen = {photo.item_id for photo in photos_of(session, sample_id=sample.id) if photo.of_seal}
    return {
        item.id for item in items
        if item.seal_number and item.id not in seen and item.state in (ItemState.AT_SITE, ItemState.AT_LABORATORY)
        and actor.may(Permission.CUSTODY_HANDLE, item.site_id)
    }  # fmt: skip


@dataclass(frozen=True)
class AnalysisRow:
    """An analysis with the names of what it found."""

    analysis: Analysis
    names: Sequence[str]


def _analyses(session: Session, sample: Sample) -> list[AnalysisRow]:
    return [
        AnalysisRow(view.analysis, [name for one in view.findings if (name := _found_name(session, one))])
        for view in results.analyses_of(session, sample_id=sample.id)
    ]


def _found_name(session: Session, finding: Finding) -> str | None:
    substance = session.get(Substance, finding.substance_id) if finding.substance_id else None
    return substance.name if substance else finding.substance_class


def _may_draft(session: Session, sample: Sample) -> bool:
    """Whether a new draft has something to rest on, and no version is open or stands."""
    closed = {ResultState.AMENDED, ResultState.RETRACTED}
    versions = results.results_of(session, sample_id=sample.id)
    return all(version.state in closed for version in versions) and bool(
        results.analyses_of(session, sample_id=sample.id)
    )


def _sold_as_name(session: Session, sample: Sample) -> str | None:
    substance = session.get(Substance, sample.sold_as_substance_id) if sample.sold_as_substance_id else None
    return substance.name if substance else sample.sold_as_raw


def _name(session: Session, account_id: object) -> str | None:
    account = session.get(Account, account_id)
    return account.display_name if account else None


@router.post("/samples/{code}/seal", access=needs(Permission.CUSTODY_HANDLE))
def seal(code: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Close an item of the sample with a numbered seal."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    done = attempt(session, translator_of(request), lambda: _seal(session, identity, sample, form))
    if isinstance(done, Refusal):
        return _sample_page(request, session, identity, sample, form.refused(done.errors), 422)
    return go(f"/samples/{sample.code}", done="sealed")


def _seal(session: Session, identity: IdentityDep, sample: Sample, form: Form) -> None:
    items = {str(item.id): item for item in custody.items_of(session, sample_id=sample.id)}
    item = items.get(form.get("item"))
    if item is None:
        raise ItemNotFoundError(item=form.get("item"))
    custody.seal(
        session, actor=identity.actor, item_id=item.id, seal_number=form.get("seal_number").strip(),
        mass_mg=form.number("mass_mg"),
    )  # fmt: skip
