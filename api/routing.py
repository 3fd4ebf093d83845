"""Routes that cannot be added without saying who may use them.

Every route of the application is added through :class:`GuardedRouter`; ``tests/api/test_routes.py`` walks the
application and fails on any that was not. The check itself happens in one place, :func:`api.auth.guard.enforce`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.params import Depends as DependsParam

from api.auth.guard import enforce
from api.strictness import StrictRoute
from lab.network.access import Permission

Endpoint = Callable[..., Any]


@dataclass(frozen=True)
class Access:
    """Who may call a route.

    ``permission``: held at some site at least (services check the site concerned). Without one, ``signed_in`` says
    whether an account is needed. ``limit``: a rate per client address, such as ``10/minute``.
    """

    permission: Permission | None = None
    signed_in: bool = True
    limit: str | None = None
    why_public: str | None = None

    def __call__(self, request: Request) -> None:
        enforce(request, permission=self.permission, signed_in=self.signed_in, limit=self.limit)


def public(why: str, *, limit: str | None = None) -> Access:
    """Open to everybody; ``why`` is read by whoever reviews the route list."""
    return Access(signed_in=False, why_public=why, limit=limit)


def needs(permission: Permission, *, limit: str | None = None) -> Access:
    """For accounts that hold ``permission`` somewhere."""
    return Access(permission=permission, limit=limit)


SIGNED_IN = Access()


class GuardedRouter:
    """An ``APIRouter`` whose every route states its :class:`Access`."""

    def __init__(self, *, prefix: str = "", tags: list[str] | None = None, html: bool = False) -> None:
        self.router = APIRouter(
            prefix=prefix, tags=list(tags or []), include_in_schema=not html, route_class=StrictRoute
        )

    def _add(self, method: str, path: str, *, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:
        dependencies: list[DependsParam] = [Depends(access), *options.pop("dependencies", [])]

        def decorate(endpoint: Endpoint) -> Endpoint:
            self.router.add_api_route(path, endpoint, methods=[method], dependencies=dependencies, **options)
            return endpoint

        return decorate

    def get(self, path: str, *, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("GET", path, access=access, **options)

    def post(self, path: str, *, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("POST", path, access=access, **options)

    def put(self, path: str, *, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("PUT", path, access=access, **options)

    def delete(self, path: str, *, access: Access, **options: Any) -> Callable[[Endpoint], Endpoint]:
        return self._add("DELETE", path, access=access, **options)
