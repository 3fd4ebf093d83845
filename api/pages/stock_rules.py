"""What the network declares for its stock: tolerance, transit, retention, routes and limits, each with its basis."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import site_names
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from lab.custody import service as custody
from lab.library.models import Substance
from lab.library.service import find_substance
from lab.network import sites
from lab.network.access import Permission
from lab.register import rules
from lab.register.errors import BasisMissingError
from lab.register.models import RetentionFrom
from lab.register.rules import LimitIn, RouteIn, RulesIn

router = GuardedRouter(prefix="/network/stock", html=True)
COORDINATE = needs(Permission.NETWORK_COORDINATE)
_NUMBERS = ("tolerance_mg", "tolerance_percent", "limit_mg")


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    mine = sites.sites_for(session, actor=identity.actor, permission=Permission.NETWORK_COORDINATE)
    limits = [limit for site in mine for limit in rules.limits_of(session, site_id=site.id)]
    return show(
        request, "pages/stock_rules.html", session=session, status=status, form=form, sites=site_names(session),
        places=[(str(site.id), site.name) for site in mine],
        destinations=[(str(site.id), site.name) for site in sites.list_sites(session)],
        whole=identity.actor.sites(Permission.NETWORK_COORDINATE) is None,
        network_rules=rules.declared(session, site_id=None),
        site_rules=[(site.name, said) for site in mine if (said := rules.declared(session, site_id=site.id))],
        routes=[route for site in mine for route in rules.routes_from(session, site_id=site.id)],
        limits=limits, retention=RetentionFrom, return_basis=custody.return_basis(session),
        may_manage=identity.actor.may(Permission.NETWORK_MANAGE),
        substances={
            limit.substance_id: session.get_one(Substance, limit.substance_id).name
            for limit in limits if limit.substance_id
        },
    )  # fmt: skip


@router.get("", access=COORDINATE)
def stock_rules(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Everything that is declared."""
    return _page(request, session, identity, Form())


def _after(
    request: Request, session: Session, identity: IdentityDep, form: Form, done: object
) -> Response:  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, identity, form.refused(done.errors), 422)
    return go("/network/stock", done="declared")


@router.post("/rules", access=COORDINATE)
def declare(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare what holds at a site, or in the network."""

    def work() -> object:
        values = _values(form)
        site_id = as_uuid(str(values.pop("rules_site", "")))
        return rules.declare(session, actor=identity.actor, site_id=site_id, data=RulesIn.model_validate(values))

    return _after(request, session, identity, form, attempt(session, translator_of(request), work))


def _values(form: Form) -> dict[str, Any]:
    return form.cleaned(numbers=_NUMBERS)


@router.post("/routes", access=COORDINATE)
def add_route(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare a route with its legal basis."""
    done = attempt(
        session, translator_of(request),
        lambda: rules.add_route(session, actor=identity.actor, data=RouteIn.model_validate(_values(form))),
    )  # fmt: skip
    return _after(request, session, identity, form, done)


@router.post("/routes/{route_id}/withdraw", access=COORDINATE)
def withdraw_route(route_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Travel it no more."""
    done = attempt(
        session, translator_of(request),
        lambda: rules.withdraw_route(session, actor=identity.actor, route_id=route_id),
    )  # fmt: skip
    return _after(request, session, identity, Form(), done)


@router.post("/limits", access=COORDINATE)
def set_limit(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare how much a place may hold."""

    def work() -> object:
        values = _values(form)
        substance = str(values.pop("substance", ""))
        values["site_id"] = values.pop("limit_site", None)
        values["basis"] = values.pop("limit_basis", "")
        if substance:
            values["substance_id"] = find_substance(session, name=substance).id
        return rules.set_limit(session, actor=identity.actor, data=LimitIn.model_validate(values))

    return _after(request, session, identity, form, attempt(session, translator_of(request), work))


@router.post("/limits/{limit_id}/withdraw", access=COORDINATE)
def withdraw_limit(limit_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Hold a place to it no more."""
    done = attempt(
        session, translator_of(request),
        lambda: rules.withdraw_limit(session, actor=identity.actor, limit_id=limit_id),
    )  # fmt: skip
    return _after(request, session, identity, Form(), done)


@router.post("/return-basis", access=needs(Permission.NETWORK_MANAGE))
def declare_return(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Declare on which legal basis material may be given back."""

    def work() -> object:
        text = form.get("return_basis").strip()[:500]
        if not text:
            raise BasisMissingError(field="return_basis")
        return custody.declare_return_basis(session, actor=identity.actor, text=text)

    return _after(request, session, identity, form, attempt(session, translator_of(request), work))


@router.post("/return-basis/withdraw", access=needs(Permission.NETWORK_MANAGE))
def withdraw_return(session: SessionDep, identity: IdentityDep) -> Response:
    """Give nothing back any more."""
    custody.withdraw_return_basis(session, actor=identity.actor)
    return go("/network/stock", done="declared")
