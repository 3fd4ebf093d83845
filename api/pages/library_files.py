"""Library files: sharing what this laboratory measured, and looking at what another one did."""

import base64
import binascii

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show, work_site
from api.routing import GuardedRouter, needs
from lab.kit.clock import today
from lab.library import exchange
from lab.library.errors import LibraryFileError
from lab.library.exchange import FileReport
from lab.network.access import Permission
from lab.network.models import Site

router = GuardedRouter(prefix="/library-files", html=True)
EDIT = needs(Permission.LIBRARY_EDIT)


def _page(
    request: Request, session: Session, identity: IdentityDep, form: Form | None = None, *,
    seen: FileReport | None = None, content: str = "", status: int = 200,
) -> Response:  # fmt: skip
    return show(
        request, "pages/library_files.html", session=session, status=status, form=form or Form(), seen=seen,
        content=content, imports=exchange.imports_of(session),
        at=work_site(request, session, identity, Permission.LIBRARY_EDIT),
    )  # fmt: skip


def _site(request: Request, session: Session, identity: IdentityDep) -> Site:
    site = work_site(request, session, identity, Permission.LIBRARY_EDIT)
    if site is None:
        raise LibraryFileError
    return site


@router.get("", access=EDIT)
def files_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What was taken in, and the two ways."""
    return _page(request, session, identity)


@router.get("/own.json", access=EDIT)
def own(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What this laboratory measured, to be given to another."""
    body = exchange.library_file(
        session, actor=identity.actor, site_id=_site(request, session, identity).id
    )  # fmt: skip
    name = f"library-{today().isoformat()}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type="application/json", headers=headers)


@router.post("", access=EDIT)
def preview(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """What another laboratory's file would bring. Nothing is written."""
    upload = form.files.get("file")
    content = upload.file.read(exchange.MAX_BYTES + 1) if upload is not None else b""

    def look() -> FileReport:
        site = _site(request, session, identity)
        return exchange.preview_file(session, actor=identity.actor, site_id=site.id, content=content)

    seen = attempt(session, translator_of(request), look)
    if isinstance(seen, Refusal):
        return _page(request, session, identity, form.refused(seen.errors), status=422)
    carried = base64.urlsafe_b64encode(content).decode()
    return _page(request, session, identity, form, seen=seen, content=carried)


@router.post("/confirm", access=EDIT)
def confirm(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Take it in."""

    def take() -> FileReport:
        try:
            content = base64.b64decode(form.get("content"), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise LibraryFileError from error
        site = _site(request, session, identity)
        return exchange.import_file(session, actor=identity.actor, site_id=site.id, content=content)

    done = attempt(session, translator_of(request), take)
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), status=422)
    return _page(request, session, identity, form, seen=done)
