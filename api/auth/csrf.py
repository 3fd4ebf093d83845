"""Cross-site request forgery, refused by what browsers say of themselves.

Every current browser sends ``Sec-Fetch-Site``; older ones send ``Origin`` with unsafe methods. A request with neither
is no browser's (one-click unsubscribe, RFC 8058, comes like that) and carries no cookie of ours by accident. A bearer
token is never sent by accident either; other authorization is: browsers add what a proxy's password dialogue was told.
"""

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.auth.errors import CrossSiteError
from api.auth.identity import bearer_token
from api.errors import respond

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_cross_site(request: Request) -> bool:
    """Whether a browser says that this unsafe request does not come from our own pages."""
    if request.method in SAFE_METHODS or bearer_token(request) is not None:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is not None and _host_of(origin) != request.headers.get("host")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:  # no browser sends such an origin
        return ""


class CrossSiteGuard:
    """Pure ASGI middleware: answers cross-site requests itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            if is_cross_site(request):
                await respond(request, CrossSiteError())(scope, receive, send)
                return
        await self._app(scope, receive, send)
