"""What a JSON body may hold: JSON as RFC 8259 has it, in text that both databases can store.

Python reads more: NaN and Infinity, halves of surrogate pairs. PostgreSQL refuses those and the NUL character, SQLite
takes some of them; a body that one database would refuse is refused here for both.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import FormData

from lab.errors import InvalidError


class UnstorableTextError(InvalidError):
    """A path, a query or a form holds the NUL character."""

    message_id = "error.request.nul"


def _refuse_constant(word: str) -> NoReturn:
    raise json.JSONDecodeError(f"{word} is no JSON number", word, 0)


def strict_json(body: bytes) -> Any:
    """The document in ``body``; raises :class:`json.JSONDecodeError` for what only Python takes for JSON."""
    document = json.loads(body, parse_constant=_refuse_constant)
    if b"\\u" in body:  # raw, neither can be written: control characters and surrogates are no JSON text
        _refuse_unstorable(document)
    return document


def _refuse_unstorable(node: Any) -> None:
    if isinstance(node, str) and ("\x00" in node or any("\ud800" <= character <= "\udfff" for character in node)):
        raise json.JSONDecodeError("a text holds the NUL character or half of a surrogate pair", "", 0)
    if isinstance(node, dict):
        for key, value in node.items():
            _refuse_unstorable(key)
            _refuse_unstorable(value)
    elif isinstance(node, list):
        for value in node:
            _refuse_unstorable(value)


class StrictRequest(Request):
    """A request whose JSON is read by :func:`strict_json`, and whose forms hold no NUL character."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict"):
            self._strict = strict_json(await self.body())
        return self._strict

    async def _get_form(self, **limits: Any) -> FormData:
        form = await super()._get_form(**limits)
        if any("\x00" in text for pair in form.multi_items() for text in pair if isinstance(text, str)):
            await form.close()
            raise UnstorableTextError
        return form


class StrictRoute(APIRoute):
    """A route that refuses what could not be stored before anything looks at it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            asked = [request.scope["path"], *(text for pair in request.query_params.multi_items() for text in pair)]
            if any("\x00" in text for text in asked):
                raise UnstorableTextError
            return await handle(StrictRequest(request.scope, request.receive))

        return strictly
