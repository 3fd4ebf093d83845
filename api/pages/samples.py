"""Samples for people: the list, the registration form, the ticket, and everything about one sample."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import segno
from fastapi import Query, Request
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import RedirectResponse, Response

from alerts.tasks import service as tasks
from api.answers import answer_views
from api.deps import ActorDep, IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import current_site, go, show, work_site
from api.pages.sample_list import progress_of
from api.routing import GuardedRouter, needs
from lab.custody import service as custody
from lab.custody.errors import ItemNotFoundError
from lab.errors import LabError
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.library import service as library
from lab.library.models import Substance
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Account, Site
from lab.plates import service as plates
from lab.results import service as results
from lab.results.models import Analysis, Finding, ResultState
from lab.samples import service
from lab.samples.codes import parse_code
from lab.samples.models import AdverseEvent, Reason, Sample, SampleForm
from lab.samples.schemas import Registered, SampleIn
from lab.samples.status import status_of
from lab.samples.words import Colour, Route, TabletShape, Texture

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
    )  # fmt: skip


def _new_page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    return show(
        request, "pages/sample_new.html", session=session, status=status, form=form, at=site,
        hits=library.search_substances(session, query=form.get("sold_as_raw"), limit=5), today=today(), **_WORDS,
    )  # fmt: skip


@router.get("/samples/new", access=needs(Permission.SAMPLE_REGISTER))
def new_sample(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The registration form."""
    form = Form({"client_id": [str(new_id())], "adverse_event": [AdverseEvent.UNKNOWN.value]})
    return _new_page(request, session, identity, form)


@router.get("/samples/sold-as", access=needs(Permission.SAMPLE_REGISTER))
def sold_as(request: Request, session: SessionDep, sold_as_raw: str = "") -> Response:
    """Substances that fit what is being typed, for the form."""
    hits = library.search_substances(session, query=sold_as_raw, limit=5)
    return show(request, "pages/sold_as.html", hits=hits, form=Form())


@router.post("/samples/new", access=needs(Permission.SAMPLE_REGISTER))
def register(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Register, and show the ticket: the only time that it can be seen."""
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    done = attempt(session, translator_of(request), lambda: _register(request, session, identity, form, site))
    if isinstance(done, Refusal):
        return _new_page(request, session, identity, form.refused(done.errors), 422)
    qr = _qr(f"{settings.base_url}/lookup#{done.ticket}") if done.ticket else None
    return show(request, "pages/ticket.html", session=session, sample=done.sample, ticket=done.ticket, qr=qr, at=site)


def _register(request: Request, session: Session, identity: IdentityDep, form: Form, site: Site | None) -> Registered:
    data = form.cleaned(numbers=_NUMBERS, lists=("colours",))
    data |= {"site_id": site and site.id, "consent_language": language_of(request)}
    if "sold_as_substance_id" not in data and "sold_as_raw" in data:
        data["sold_as_substance_id"] = _named(session, data["sold_as_raw"])
    return service.register(session, actor=identity.actor, data=SampleIn.model_validate(data))


def _named(session: Session, words: str) -> object:
    """The substance that these words name and no other; None leaves the person's own words to speak."""
    try:
        return library.find_substance(session, name=words).id
    except LabError:
        return None


def _qr(text: str) -> Markup:
    """A QR code as SVG. Black on white in any theme, and never a Micro QR: phones cannot read those."""
    drawn = segno.make(text, micro=False, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 -- drawn by segno from modules, it holds no text


@router.get("/samples/{code}", access=needs(Permission.SAMPLE_READ))
def sample_page(code: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One sample: its answer, where it is, and what can be done next."""
    sample = service.get_by_code(session, actor=identity.actor, code=code)
    return _sample_page(request, session, identity, sample, Form())


def _sample_page(
    request: Request, session: Session, identity: IdentityDep, sample: Sample, form: Form, status: int = 200
) -> Response:
    actor = identity.actor
    timeline = custody.timeline(session, sample_id=sample.id)
    here, _ = current_site(request, session, identity)
    items = custody.items_of(session, sample_id=sample.id)
    return show(
        request, "pages/sample.html", session=session, status=status, form=form, sample=sample,
        state=status_of(session, sample=sample),
        sold_as=_sold_as_name(session, sample),
        at=session.get(Site, sample.site_id),
        answer=answer_views(session, actor=actor, sample=sample),
        tasks=[task for task in tasks.tasks_of_sample(session, sample_id=sample.id) if task.confirmed_at is None],
        items=items,
        analyses=_analyses(session, sample),
        plates=plates.plates_of_sample(session, sample_id=sample.id),
        timeline=timeline,
        sites={site.id: site.name for site in sites.list_sites(session)},
        people={entry.actor_id: _name(session, entry.actor_id) for entry in timeline},
        here=here,
        can={
            "seal": {item.id for item in items if actor.may(Permission.CUSTODY_HANDLE, item.site_id)},
            "record": actor.may(Permission.ANALYSIS_RECORD),
            "draft": actor.may(Permission.RESULT_WRITE) and _may_draft(session, sample),
        },
    )  # fmt: skip


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
