"""Errors become answers here and nowhere else: problem details (RFC 9457) for programs, a page for people.

A class of ``lab`` or ``alerts`` says what is wrong; the family it belongs to decides the status. What nobody
foresaw is logged under a random reference, and the reader is given that reference and nothing else.
"""

import logging
import secrets
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.errors import NotSignedInError, TooManyRequestsError
from api.auth.identity import identify
from api.language import translator_of
from api.validation import field_errors
from lab.errors import ConflictError, ForbiddenError, InvalidError, LabError, NotFoundError
from lab.kit.files import FileMissingError
from templates.i18n import Translator

log = logging.getLogger("drugcheck")

_STATUS: tuple[tuple[type[LabError], HTTPStatus], ...] = (
    (NotSignedInError, HTTPStatus.UNAUTHORIZED),
    (TooManyRequestsError, HTTPStatus.TOO_MANY_REQUESTS),
    (FileMissingError, HTTPStatus.GONE),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (ConflictError, HTTPStatus.CONFLICT),
    (InvalidError, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True)
class Problem:
    """An answer that is not the one asked for (RFC 9457, section 3)."""

    type: str
    status: int
    title: str
    detail: str
    errors: Sequence[Mapping[str, str]] = ()  # {"field", "detail"}: which inputs, and what to do
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": f"urn:drugcheck:{self.type}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return document


def status_of(error: LabError) -> HTTPStatus:
    """The HTTP status of an error's family."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)


def _title(translator: Translator, status: int) -> str:
    return translator.text(f"problem.title.{status}")


def problem_of(error: LabError, translator: Translator) -> Problem:
    """The problem that ``error`` is, in the reader's language."""
    status = status_of(error)
    detail = translator.text(error.message.id, **error.message.params)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyRequestsError) else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers = {"WWW-Authenticate": "Bearer"}
    errors = ({"field": error.field, "detail": detail},) if error.field else ()
    return Problem(error.message.id, status, _title(translator, status), detail, errors, headers)


def wants_json(request: Request) -> bool:
    """Whether a program is asking."""
    return request.url.path.startswith("/api/")


def respond(request: Request, error: LabError) -> Response:
    """The answer for ``error``: problem details, a sign-in page, or an error page."""
    if isinstance(error, NotSignedInError) and not wants_json(request) and request.method == "GET":
        return RedirectResponse(f"/sign-in?next={quote(request.scope['path'])}", HTTPStatus.SEE_OTHER)
    return _answer(request, problem_of(error, translator_of(request)))


def _answer(request: Request, problem: Problem) -> Response:
    if wants_json(request):
        return JSONResponse(
            problem.body(), problem.status, media_type="application/problem+json", headers=dict(problem.headers)
        )
    from api.pages.problem import problem_page  # noqa: PLC0415 -- pages import this module for their errors

    return problem_page(request, problem)


def _recognise(request: Request) -> None:
    """Look up who is asking where that was not done yet, so that they are answered in their own language."""
    with suppress(LabError):
        identify(request)


def _lab(request: Request, error: LabError) -> Response:
    _recognise(request)
    return respond(request, error)


def _invalid(request: Request, error: RequestValidationError) -> Response:
    """What does not fit a schema: which field, and what is wrong with it. Values are never repeated."""
    _recognise(request)
    translator = translator_of(request)
    errors = field_errors(error.errors(), translator)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    detail = translator.text("problem.invalid_request")
    return _answer(request, Problem("error.invalid", status, _title(translator, status), detail, errors))


def _http(request: Request, error: HTTPException) -> Response:
    _recognise(request)
    return _of_http(request, error)


def _of_http(request: Request, error: HTTPException) -> Response:
    translator = translator_of(request)
    status = error.status_code
    title_id = f"problem.title.{status}"
    title = translator.text(title_id if translator.has(title_id) else "problem.title.400")
    if status == HTTPStatus.NOT_FOUND:
        detail = translator.text("problem.no_such_page")
    else:
        detail_id = f"problem.detail.{status}"
        detail = translator.text(detail_id) if translator.has(detail_id) else title
    return _answer(request, Problem("error.http", status, title, detail, headers=error.headers or {}))


def too_large(request: Request) -> Response:
    """The answer to a request with more in it than is taken."""
    return _of_http(request, HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE))


def _unforeseen(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    where = "".join(traceback.format_tb(error.__traceback__))  # frames hold no values, the error's own words may
    route = getattr(request.scope.get("route"), "path", "no route")
    log.error("unforeseen error %s on %s: %s\n%s", reference, route, type(error).__name__, where)
    request.state.told = True
    translator = translator_of(request)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    detail = translator.text("problem.unforeseen", reference=reference)
    return _answer(request, Problem("error.unforeseen", status, _title(translator, status), detail))


class Discretion:
    """Pure ASGI middleware around all others: what was answered and logged under its reference ends here.

    The framework raises it again, and the server would log it with its words: an address, a text that somebody typed.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":  # a fault at start must stop the server, and knows nobody's words
                raise
            if not scope.get("state", {}).get("told"):  # half an answer was out already
                log.error("an answer broke off: %s", type(error).__name__)


def install(app: FastAPI) -> None:
    """Register every handler above on ``app``."""
    app.add_exception_handler(LabError, _lab)  # type: ignore[arg-type]  # Starlette types every handler for Exception
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(Exception, _unforeseen)
