"""What stands around every page: who, where, what is urgent, and in which language and light."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment
from sqlmodel import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from alerts.tasks import service as tasks
from alerts.tasks.models import CallbackTask
from api.auth.identity import Identity
from api.language import translator_of
from api.offline_files import offline_url
from api.pages.contact_forms import NO_CONTACT, ContactTerms, terms_of
from api.state import state_of
from lab.kit.clock import now
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Role, Site, SiteType
from lab.samples import service as samples
from templates.environment import make_environment
from templates.i18n import Translator

STATIC = Path(__file__).parent.parent / "static"
THEMES = ("light", "dark")
THEME_COOKIE, SITE_COOKIE = "theme", "site"
_LATITUDE_DEG, _SOLAR_NOON_UTC_H = 50.0, 11.75  # Belgium and northern France; good to about half an hour


@dataclass(frozen=True)
class NavItem:
    """One entry of the main menu."""

    href: str
    icon: str
    text_id: str
    current: bool
    on_phone: bool = True


@dataclass(frozen=True, kw_only=True)
class Page:
    """The frame of a page."""

    network: str
    exercise: bool
    path: str
    theme: str | None = None
    done: str | None = None
    account_name: str | None = None
    roles: Sequence[Role] = ()
    site: Site | None = None
    sites: Sequence[Site] = ()
    urgent: int = 0
    contact: ContactTerms = NO_CONTACT
    urgent_seen: str = ""
    nav: Sequence[NavItem] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that moments are written in: that of the site, or of the network's home."""
        return ZoneInfo(self.site.timezone if self.site else "Europe/Brussels")


_NAV: tuple[tuple[str, str, Permission | None, bool], ...] = (
    ("/", "home", None, True),
    ("/samples", "samples", Permission.SAMPLE_READ, True),
    ("/custody", "custody", Permission.CUSTODY_HANDLE, True),
    ("/plates", "plates", Permission.PLATE_WORK, True),
    ("/alerts", "alerts", Permission.ALERT_READ, True),
    ("/library", "library", Permission.LIBRARY_READ, False),
    ("/encounters", "encounters", Permission.ENCOUNTER_RECORD, False),
    ("/network", "network", Permission.NETWORK_COORDINATE, True),
)


def static_url(name: str) -> str:
    """The address of a static file; it changes with the file's content, so browsers may keep it for ever."""
    path = STATIC / name
    if name not in _versions:
        _versions[name] = sha256(path.read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={_versions[name]}"


_versions: dict[str, str] = {}
_environment: Environment = make_environment(static_url=static_url, now=now)
_environment.globals["offline_url"] = offline_url


def current_site(request: Request, session: Session, identity: Identity) -> tuple[Site | None, Sequence[Site]]:
    """The site this browser works at, and the others it may choose: those where the account has any role.

    Whoever works for the whole network is at no site until they choose one.
    """
    granted = {site_id for site_id, _ in identity.actor.grants}
    mine = [site for site in sites.list_sites(session) if None in granted or site.id in granted]
    chosen = request.cookies.get(SITE_COOKIE)
    here = next((site for site in mine if str(site.id) == chosen), None)
    own = [site for site in mine if site.id in granted]
    return here or _usual(session, identity, own), mine


def _usual(session: Session, identity: Identity, own: Sequence[Site]) -> Site | None:
    """Where this account took a sample in last, on whatever device; else the first of its sites by name."""
    if len(own) > 1:
        last = samples.last_site(session, account_id=identity.account.id, among=[site.id for site in own])
        return next((site for site in own if site.id == last), own[0])
    return own[0] if own else None


def work_site(request: Request, session: Session, identity: Identity, permission: Permission) -> Site | None:
    """The site at which this account does what ``permission`` allows: the current one, else its first."""
    allowed = sites.sites_for(session, actor=identity.actor, permission=permission)
    here, _ = current_site(request, session, identity)
    return here if here in allowed else next(iter(allowed), None)


def _frame(request: Request, session: Session | None) -> Page:
    state = state_of(request)
    identity: Identity | None = getattr(request.state, "identity", None)
    theme = request.cookies.get(THEME_COOKIE)
    frame: dict[str, Any] = {
        "network": state.settings.network_name,
        "exercise": state.settings.exercise,
        "path": request.url.path,
        "contact": terms_of(state.settings),
        "theme": theme if theme in THEMES else None,
    }
    done = request.query_params.get("done", "")
    if done and translator_of(request).has(f"done.{done}"):
        frame["done"] = done
    if identity is not None and session is not None:
        frame |= _signed_in(request, session, identity, themed=frame["theme"] is not None)
    return Page(**frame)


def _signed_in(request: Request, session: Session, identity: Identity, *, themed: bool) -> dict[str, Any]:
    site, mine = current_site(request, session, identity)
    places = {None} if site is None else {None, site.id}
    urgent = tasks.list_open(session, actor=identity.actor)
    here: dict[str, Any] = {
        "account_name": identity.account.display_name,
        "roles": sorted({role for site_id, role in identity.actor.grants if site_id in places}),
        "site": site,
        "sites": mine,
        "urgent": len(urgent),
        "urgent_seen": seen_state(urgent),
        "nav": _nav(request, identity),
    }
    if not themed and site is not None and site.type is not SiteType.LABORATORY and is_night(now()):
        here["theme"] = "dark"
    return here


def seen_state(open_tasks: Sequence[CallbackTask]) -> str:
    """What an open page knows of the call-backs: it changes when one opens, closes, is taken or verified."""
    facts = [f"{task.id}{task.acknowledged_at}{task.verified}{task.message_params}" for task in open_tasks]
    return sha256("\n".join(facts).encode()).hexdigest()[:16]


def _nav(request: Request, identity: Identity) -> list[NavItem]:
    path = request.url.path
    return [
        NavItem(href, name, f"nav.{name}", path == href or (href != "/" and path.startswith(href)), phone)
        for href, name, permission, phone in _NAV
        if permission is None or identity.actor.may(permission)
    ] + _audit(path, identity)


def _audit(path: str, identity: Identity) -> list[NavItem]:
    """The registers, for whoever audits and hands nothing over: all others find them beside their parcels."""
    if not identity.actor.may(Permission.CUSTODY_AUDIT) or identity.actor.may(Permission.CUSTODY_HANDLE):
        return []
    href = "/custody/register"
    return [NavItem(href, "custody", "nav.register", path.startswith(href), on_phone=True)]


def is_night(moment: datetime) -> bool:
    """Whether the sun is down: a testing point is dark then, and so are its pages unless somebody chose otherwise."""
    utc = moment.astimezone(UTC)
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (utc.timetuple().tm_yday + 10) / 365)
    latitude = math.radians(_LATITUDE_DEG)
    half_day_h = math.degrees(math.acos(-math.tan(latitude) * math.tan(declination))) / 15
    return abs(utc.hour + utc.minute / 60 - _SOLAR_NOON_UTC_H) > half_day_h


def show(
    request: Request, template: str, *, session: Session | None = None, status: int = 200, **context: Any
) -> Response:
    """The page ``template``; ``session`` is needed for pages that stand in a signed-in frame."""
    body = render_page(template, speak=translator_of(request), page=_frame(request, session), **context)
    return HTMLResponse(body, status, headers={"Vary": "Accept-Language, Cookie"})


def render_page(template: str, *, speak: Translator, page: Page, **context: Any) -> str:
    """The page ``template`` in the frame ``page``."""
    return _environment.get_template(template).render(t=speak, page=page, **context)


def go(path: str, *, done: str | None = None) -> Response:
    """On to ``path`` after something was done; ``done`` names the text that says so."""
    return RedirectResponse(path + (f"?done={done}" if done else ""), 303)


def local_path(text: str) -> str:
    """``text`` when it is a path of this site, else the start: nobody is sent elsewhere by a link of ours."""
    return text if text.startswith("/") and not text.startswith(("//", "/\\")) else "/"


def as_uuid(text: str) -> UUID | None:
    """``text`` as a key, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
