"""The network's own pages: what there is to look after, and the sites."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.directory import service as directory
from lab.encounters import questionnaires
from lab.kit.clock import today
from lab.network import people, sites, switches, team
from lab.network.access import Actor, Permission
from lab.network.models import Milieu, Site, SiteType

router = GuardedRouter(prefix="/network", html=True)
COORDINATE = needs(Permission.NETWORK_COORDINATE)
_LISTS = ("languages",)


@dataclass(frozen=True)
class Door:
    """One thing to look after: where it is, how many there are, and how many of them wait for somebody."""

    href: str
    name: str
    count: int
    waiting: int = 0


@router.get("", access=COORDINATE)
def hub(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Everything that coordinators look after, with how much of it waits."""
    on = today()
    standing = directory.standing(session, on=on)
    trained = team.list_training(session, actor=actor, on=on)
    doors = [
        Door("/network/sites", "sites", sum(site.active for site in sites.all_sites(session, actor=actor))),
        Door("/network/people", "people", sum(one.account.active for one in people.list_people(session, actor=actor))),
        Door("/network/training", "training", len(trained), sum(not one.holds or one.superseded for one in trained)),
        Door(
            "/network/directory", "directory", standing.shown,
            len(directory.wanting(session, on=on)),
        ),
        Door("/network/questionnaires", "questionnaires", len(questionnaires.current(session))),
    ]  # fmt: skip
    return show(
        request, "pages/network.html", session=session, doors=doors,
        may_switch=actor.may(Permission.NETWORK_MANAGE),
        person_code=switches.is_on(session, name=switches.PERSON_CODE),
    )  # fmt: skip


@router.get("/sites", access=COORDINATE)
def site_list(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Every site, the closed ones last."""
    return show(
        request, "pages/network_sites.html", session=session, rows=sites.all_sites(session, actor=actor),
        may_add=actor.sites(Permission.NETWORK_COORDINATE) is None,
    )  # fmt: skip


@router.get("/sites/new", access=COORDINATE)
def new_site(request: Request, session: SessionDep) -> Response:
    """The form for a new site."""
    form = Form({"country": ["BE"], "timezone": ["Europe/Brussels"], "language": ["fr"]})
    return _site_page(request, session, form, None)


@router.post("/sites/new", access=COORDINATE)
def add_site(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Open a site."""
    done = attempt(session, translator_of(request), lambda: sites.add_site(session, actor=actor, data=_site_in(form)))
    if isinstance(done, Refusal):
        return _site_page(request, session, form.refused(done.errors), None, 422)
    return go("/network/sites", done="site_saved")


@router.get("/sites/{site_id}", access=COORDINATE)
def edit_site(site_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """One site."""
    site = _mine(session, actor, site_id)
    values = {name: [str(getattr(site, name) or "")] for name in sites.SiteIn.model_fields}
    values |= {
        "languages": [" ".join(site.languages)], "allows_preliminary": ["yes"] if site.allows_preliminary else [],
        "type": [site.type.value], "milieu": [site.milieu.value if site.milieu else ""],
    }  # fmt: skip
    return _site_page(request, session, Form(values), site)


@router.post("/sites/{site_id}", access=COORDINATE)
def change_site(site_id: UUID, request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Write it anew."""
    done = attempt(
        session, translator_of(request),
        lambda: sites.change_site(session, actor=actor, site_id=site_id, data=_site_in(form)),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _site_page(request, session, form.refused(done.errors), _mine(session, actor, site_id), 422)
    return go("/network/sites", done="site_saved")


@router.post("/sites/{site_id}/close", access=COORDINATE)
def close_site(site_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Close it, unless samples are there."""
    done = attempt(session, translator_of(request), lambda: sites.close_site(session, actor=actor, site_id=site_id))
    if isinstance(done, Refusal):
        site = _mine(session, actor, site_id)
        return _site_page(request, session, Form({"name": [site.name]}).refused(done.errors), site, 422)
    return go("/network/sites", done="site_closed")


@router.post("/sites/{site_id}/reopen", access=COORDINATE)
def reopen_site(site_id: UUID, session: SessionDep, actor: ActorDep) -> Response:
    """Open it again."""
    sites.reopen_site(session, actor=actor, site_id=site_id)
    return go("/network/sites", done="site_saved")


def _mine(session: Session, actor: Actor, site_id: UUID) -> Site:
    actor.require(Permission.NETWORK_COORDINATE, site_id)
    return sites.get_site(session, site_id=site_id)


def _site_in(form: Form) -> sites.SiteIn:
    data = form.cleaned()
    data["languages"] = form.get("languages").replace(",", " ").split()
    data["allows_preliminary"] = bool(form.get("allows_preliminary"))
    return sites.SiteIn.model_validate(data)


def _site_page(request: Request, session: Session, form: Form, site: Site | None, status: int = 200) -> Response:
    return show(
        request, "pages/network_site.html", session=session, status=status, form=form, at=site,
        site_types=SiteType, milieus=Milieu,
    )  # fmt: skip
