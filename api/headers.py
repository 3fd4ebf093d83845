"""Headers on every answer: what a page may load, and what may be kept of it."""

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
# The one place where WebAssembly may be compiled: the worker that decodes QR codes, which touches no page.
_WORKER_PATH = "/static/scan-worker.js"
_WORKER_POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
_FIXED = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
}


class SecurityHeaders:
    """Pure ASGI middleware. Nothing but static files and public feeds may be cached: phones get seized."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._complete(scope, message)
            await send(message)

        await self._app(scope, receive, sender)

    def _complete(self, scope: Scope, message: MutableMapping[str, Any]) -> None:
        headers = MutableHeaders(scope=message)
        if scope["path"] == _WORKER_PATH:
            headers["Content-Security-Policy"] = _WORKER_POLICY
        for name, value in _FIXED.items():
            headers.setdefault(name, value)
        if not scope["path"].startswith("/static/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._https:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
