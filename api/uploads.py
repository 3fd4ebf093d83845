"""How large a request may be: small everywhere, a picture's size where pictures are taken in."""

from http import HTTPStatus

from fastapi import Request, UploadFile
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import too_large
from lab.photos.service import MAX_MEGABYTES as PHOTO_MEGABYTES
from lab.plates.intake import MAX_MEGABYTES

BODY_LIMIT = 2_000_000
"""Bytes of any other request: the longest are registrations synced in a batch."""

UPLOAD_LIMIT = MAX_MEGABYTES * 1_000_000 + 100_000
"""Bytes of a picture with its form around it."""


PICTURES_LIMIT = 4 * MAX_MEGABYTES * 1_000_000 + 100_000
"""Bytes of several pictures of a plate in one form; each alone is still limited."""

PHOTO_LIMIT = PHOTO_MEGABYTES * 1_000_000 + 100_000
"""Bytes of a photograph of a sample with its form around it."""


def read_upload(upload: UploadFile) -> bytes:
    """The uploaded file whole; its size was limited while it came in."""
    return upload.file.read()


class TooLargeAnswers:
    """Pure ASGI middleware: says "too large" as every other problem; the framework says it in plain English text."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def sender(message: Message) -> None:
            nonlocal replaced
            if replaced:
                return
            if message["type"] == "http.response.start" and _is_frameworks_413(message):
                replaced = True
                await too_large(Request(scope))(scope, receive, send)
                return
            await send(message)

        await self._app(scope, receive, sender)


def _is_frameworks_413(start: Message) -> bool:
    plain = Headers(raw=start["headers"]).get("content-type", "").startswith("text/plain")
    return bool(start["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and plain)
