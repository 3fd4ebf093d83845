"""Other techniques from a CSV file: first what would be taken and what would not, then, confirmed, the taking.

Between the two pages nothing is kept: the file goes back to the browser with the preview and comes again with the
confirmation, and is judged anew. So a preview writes nothing, and whoever closes the page has left nothing behind.
"""

import base64
import binascii
import csv
import io
from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show, work_site
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.models import Site
from lab.results import imports
from lab.results.errors import ImportEncodingError, ImportFileMissingError, ImportTooLargeError
from lab.results.imports import ImportReport
from lab.results.models import Outcome, Technique

router = GuardedRouter(prefix="/imports", html=True)
RECORD = needs(Permission.ANALYSIS_RECORD)
_MOST_BYTES = 1_000_000  # it goes to the browser and back inside a form


@dataclass(frozen=True)
class Seen:
    """A file with what it holds; ``content`` is what comes back with the confirmation."""

    name: str
    report: ImportReport
    content: str

    @property
    def lines(self) -> int:
        return sum(len(one.lines) for one in self.report.readable)


def _page(
    request: Request, session: Session, identity: IdentityDep, form: Form,
    *, seen: Seen | None = None, done: ImportReport | None = None, status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, "pages/imports.html", session=session, status=status, form=form, seen=seen, done_report=done,
        at=_site(request, session, identity), required=imports.REQUIRED, optional=imports.OPTIONAL,
        techniques=Technique, outcomes=Outcome,
    )  # fmt: skip


def _site(request: Request, session: Session, identity: IdentityDep) -> Site | None:
    return work_site(request, session, identity, Permission.ANALYSIS_RECORD)


@router.get("", access=RECORD)
def import_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The form, and what a file must hold."""
    return _page(request, session, identity, Form())


@router.get("/example.csv", access=RECORD)
def example() -> Response:
    """An empty file with every column, to be filled in a spreadsheet."""
    text = io.StringIO()
    csv.writer(text).writerow([*imports.REQUIRED, *imports.OPTIONAL])
    headers = {"Content-Disposition": 'attachment; filename="analyses.csv"'}
    return Response("\ufeff" + text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("", access=RECORD)
def preview(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """What would be taken, and why every other line would not. Nothing is written."""

    def look() -> Seen:
        upload = form.files.get("file")
        site = _site(request, session, identity)
        if upload is None or site is None or upload.size == 0:
            raise ImportFileMissingError
        if upload.size is None or upload.size > _MOST_BYTES:
            raise ImportTooLargeError(most=f"{_MOST_BYTES // 1_000_000} MB")
        content = upload.file.read()
        report = imports.preview(session, actor=identity.actor, site_id=site.id, content=content)
        return Seen(upload.filename or "", report, base64.urlsafe_b64encode(content).decode())

    seen = attempt(session, translator_of(request), look)
    if isinstance(seen, Refusal):
        return _page(request, session, identity, form.refused(seen.errors), status=422)
    return _page(request, session, identity, form, seen=seen)


@router.post("/confirm", access=RECORD)
def confirm(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Take what can be taken. The same lines are never taken twice, so that sending it again does no harm."""

    def take() -> ImportReport:
        site = _site(request, session, identity)
        content = _decoded(form.get("content"))[: _MOST_BYTES + 1]
        if site is None or not content:
            raise ImportFileMissingError
        return imports.import_analyses(
            session, actor=identity.actor, site_id=site.id, content=content,
            confirm_within_days=settings.confirmation_due_days,
        )  # fmt: skip

    done = attempt(session, translator_of(request), take)
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), status=422)
    return _page(request, session, identity, form, done=done)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImportEncodingError from error
