"""The directory of services for coordinators: what expires, adding, renewing, ending, files in and out."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.network import COORDINATE
from api.routing import GuardedRouter
from lab.directory import exchange, service, starter
from lab.directory.errors import CsvUnreadableError
from lab.directory.models import ServiceKind
from lab.directory.schemas import EntryIn, ImportReport
from lab.kit.clock import today
from lab.network.access import Actor

router = GuardedRouter(prefix="/network/directory", html=True)


@router.get("", access=COORDINATE)
def entries(request: Request, session: SessionDep) -> Response:
    """Every entry, what needs somebody first."""
    return _list(request, session, Form())


def _list(
    request: Request, session: Session, form: Form, status: int = 200, *, report: ImportReport | None = None
) -> Response:
    return show(
        request, "pages/directory.html", session=session, status=status, form=form, report=report,
        rows=service.list_entries(session), standing=service.standing(session, on=today()), today=today(),
        soon=today() + service.NOTICE, starter=len(starter.missing(session)),
    )  # fmt: skip


@router.get("/new", access=COORDINATE)
def new_entry(request: Request, session: SessionDep) -> Response:
    """The form for a new service."""
    return _entry_page(request, session, Form({"country": ["BE"]}), None)


@router.post("/new", access=COORDINATE)
def add_entry(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Write a service down."""
    done = attempt(
        session, translator_of(request), lambda: service.add_entry(session, actor=actor, data=_entry_in(form))
    )
    if isinstance(done, Refusal):
        return _entry_page(request, session, form.refused(done.errors), None, 422)
    return go("/network/directory", done="entry_saved")


@router.post("/starter", access=COORDINATE)
def take_starter(session: SessionDep, actor: ActorDep) -> Response:
    """Take in what is missing of the starter list, to be confirmed."""
    starter.take_in(session, actor=actor)
    return go("/network/directory", done="starter_taken")


@router.get("/export.csv", access=COORDINATE)
def export(session: SessionDep, actor: ActorDep) -> Response:
    """The directory as a file."""
    content = exchange.export_csv(session, actor=actor)
    headers = {"Content-Disposition": f'attachment; filename="directory-{today().isoformat()}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/import", access=COORDINATE)
def take_in(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Take a file in, and say which lines were refused and why."""
    done = attempt(session, translator_of(request), lambda: _import(session, actor, form))
    if isinstance(done, Refusal):
        return _list(request, session, form.refused(done.errors), 422)
    return _list(request, session, Form(), report=done)


def _import(session: Session, actor: Actor, form: Form) -> ImportReport:
    file = form.files.get("file")
    content = file.file.read() if file is not None else b""
    if not content:
        raise CsvUnreadableError(columns=", ".join(exchange.COLUMNS))
    return exchange.import_csv(session, actor=actor, content=content)


@router.get("/{entry_id}", access=COORDINATE)
def edit_entry(entry_id: UUID, request: Request, session: SessionDep) -> Response:
    """One service."""
    entry = service.get_entry(session, entry_id=entry_id)
    values = {name: [str(getattr(entry, name) or "")] for name in EntryIn.model_fields}
    values |= {"languages": [" ".join(entry.languages)], "kind": [entry.kind.value]}
    return _entry_page(request, session, Form(values), entry_id)


@router.post("/{entry_id}", access=COORDINATE)
def change_entry(entry_id: UUID, request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Write it anew, which confirms it."""
    done = attempt(
        session, translator_of(request),
        lambda: service.change_entry(session, actor=actor, entry_id=entry_id, data=_entry_in(form)),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _entry_page(request, session, form.refused(done.errors), entry_id, 422)
    return go("/network/directory", done="entry_saved")


@router.post("/{entry_id}/end", access=COORDINATE)
def end_entry(entry_id: UUID, session: SessionDep, actor: ActorDep) -> Response:
    """Take it out of use."""
    service.end_entry(session, actor=actor, entry_id=entry_id)
    return go("/network/directory", done="entry_ended")


def _entry_in(form: Form) -> EntryIn:
    data = form.cleaned()
    data["languages"] = form.get("languages").replace(",", " ").split()
    if "country" in data:
        data["country"] = str(data["country"]).upper()
    return EntryIn.model_validate(data)


def _entry_page(request: Request, session: Session, form: Form, entry_id: UUID | None, status: int = 200) -> Response:
    entry = service.get_entry(session, entry_id=entry_id) if entry_id else None
    return show(
        request, "pages/directory_entry.html", session=session, status=status, form=form, entry=entry,
        kinds=ServiceKind, today=today(), last=today() + service.LONGEST,
    )  # fmt: skip
