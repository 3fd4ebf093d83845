"""Questionnaires for coordinators: which hold, checking and placing a version, downloading one."""

import json
from collections.abc import Sequence

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.network import COORDINATE
from api.routing import GuardedRouter
from lab.encounters import questionnaires
from lab.encounters.definition import Definition, parse_definition
from lab.encounters.errors import DefinitionError
from lab.encounters.models import QuestionnaireOrigin
from lab.kit.messages import Message

router = GuardedRouter(prefix="/network/questionnaires", html=True)


@router.get("", access=COORDINATE)
def page(request: Request, session: SessionDep) -> Response:
    """What holds, what is stored, and the form to put a version in place."""
    return _page(request, session, Form())


def _page(
    request: Request, session: Session, form: Form, status: int = 200, *,
    faults: Sequence[tuple[str, Message]] = (), valid: Definition | None = None,
) -> Response:  # fmt: skip
    return show(
        request, "pages/questionnaires.html", session=session, status=status, form=form, faults=faults, valid=valid,
        holding=questionnaires.current(session), stored=questionnaires.versions(session),
    )  # fmt: skip


@router.post("", access=COORDINATE)
def place(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Check a file, and put it in place unless it was only to be checked."""
    file = form.files.get("file")
    content = file.file.read() if file is not None else b""
    translator = translator_of(request)
    try:
        if form.get("only_check"):
            return _page(request, session, form, valid=parse_definition(content))
        done = attempt(session, translator, lambda: questionnaires.place(session, actor=actor, content=content))
        # What a file gets wrong is a list; ``attempt`` keeps one sentence, so the file is read again for the others.
        faults = _faults(content) if isinstance(done, Refusal) else ()
    except DefinitionError as error:
        faults, done = error.faults, Refusal({"file": translator.text(error.message.id, **error.message.params)})
    if isinstance(done, Refusal):
        return _page(request, session, form.refused(done.errors), 422, faults=faults)
    return go("/network/questionnaires", done="questionnaire_placed")


def _faults(content: bytes) -> Sequence[tuple[str, Message]]:
    try:
        parse_definition(content)
    except DefinitionError as error:
        return error.faults
    return ()


@router.get("/{origin}/{name}/{version}.json", access=COORDINATE)
def download(origin: QuestionnaireOrigin, name: str, version: int, session: SessionDep) -> Response:
    """A version as a file to change and put in place again."""
    definition = questionnaires.find(session, name=name, version=version, origin=origin)
    content = json.dumps(definition.as_json(), ensure_ascii=False, indent=2)
    headers = {"Content-Disposition": f'attachment; filename="{definition.name}-{definition.version}.json"'}
    return Response(content, media_type="application/json", headers=headers)
