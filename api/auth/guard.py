"""The one place where a request is let through: rate, then account, then permission."""

from fastapi import Request

from api.auth.errors import NotSignedInError, TooManyRequestsError
from api.auth.identity import identify
from api.state import state_of
from lab.network.access import Permission


def enforce(request: Request, *, permission: Permission | None, signed_in: bool, limit: str | None) -> None:
    """Raise unless the caller may use this route; services check again for the site concerned."""
    if limit is not None:
        _count(request, limit)
    if not signed_in:
        return
    identity = identify(request)
    if identity is None:
        raise NotSignedInError
    if permission is not None:
        identity.actor.require(permission)


def _count(request: Request, limit: str) -> None:
    limiter = state_of(request).limiter
    route = request.scope["route"].path
    client = request.client.host if request.client else "local"
    if not limiter.allow(limit, route, client):
        raise TooManyRequestsError(retry_after_s=limiter.retry_after_s(limit, route, client))
