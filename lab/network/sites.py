"""Sites: testing points and laboratories."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.custody.models import Item, ItemState
from lab.errors import ForbiddenError
from lab.kit.text import PlainText
from lab.network.access import Actor, Permission
from lab.network.errors import (
    LanguagesInvalidError,
    SiteHoldsMaterialError,
    SiteNameTakenError,
    SiteNotFoundError,
    TimezoneInvalidError,
)
from lab.network.models import Milieu, Site, SiteType


def create_site(
    session: Session,
    *,
    name: str,
    type: SiteType,
    area: str,
    milieu: Milieu | None = None,
    language: str = "fr",
    allows_preliminary: bool = False,
) -> Site:
    """Open a site; raises :class:`SiteNameTakenError`."""
    if session.exec(select(Site).where(Site.name == name)).first() is not None:
        raise SiteNameTakenError(name=name)
    site = Site(
        name=name, type=type, area=area, milieu=milieu, language=language, allows_preliminary=allows_preliminary
    )
    session.add(site)
    session.flush()
    return site


def get_site(session: Session, *, site_id: UUID) -> Site:
    """The site; raises :class:`SiteNotFoundError`."""
    site = session.get(Site, site_id)
    if site is None:
        raise SiteNotFoundError
    return site


def list_sites(session: Session) -> Sequence[Site]:
    """Every open site of the network, by name."""
    return session.exec(select(Site).where(col(Site.active)).order_by(Site.name)).all()


def sites_for(session: Session, *, actor: Actor, permission: Permission) -> Sequence[Site]:
    """The open sites where ``actor`` has ``permission``, by name."""
    allowed = actor.sites(permission)
    return [site for site in list_sites(session) if allowed is None or site.id in allowed]


class SiteIn(BaseModel):
    """A site as its page writes it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: PlainText = Field(min_length=1, max_length=120)
    type: SiteType
    milieu: Milieu | None = None
    area: PlainText = Field(min_length=1, max_length=80)
    country: PlainText = Field(default="BE", pattern="^[A-Z]{2}$")
    timezone: PlainText = Field(default="Europe/Brussels", max_length=64)
    language: PlainText = Field(default="fr", pattern="^(fr|nl|en)$")
    languages: list[PlainText] = Field(default_factory=list, max_length=12)
    hours: PlainText = Field(default="", max_length=200)
    allows_preliminary: bool = False


def add_site(session: Session, *, actor: Actor, data: SiteIn) -> Site:
    """Open a site from the network's pages: whoever coordinates the whole network may."""
    if actor.sites(Permission.NETWORK_COORDINATE) is not None:
        raise ForbiddenError(permission=Permission.NETWORK_COORDINATE.value)
    _check(session, data, but=None)
    site = Site(**data.model_dump())
    session.add(site)
    session.flush()
    return site


def change_site(session: Session, *, actor: Actor, site_id: UUID, data: SiteIn) -> Site:
    """Write a site anew. Raises :class:`SiteNotFoundError`, :class:`SiteNameTakenError`, what is wrong with a field."""
    site = _coordinated(session, actor, site_id)
    _check(session, data, but=site.id)
    for name, value in data.model_dump().items():
        setattr(site, name, value)
    session.add(site)
    session.flush()
    return site


def close_site(session: Session, *, actor: Actor, site_id: UUID) -> Site:
    """Close a site: it takes nothing in any more. What it did stays, and it can be opened again.

    Raises :class:`SiteHoldsMaterialError` while samples are there: nobody would look for them.
    """
    site = _coordinated(session, actor, site_id)
    held = select(Item.id).where(
        Item.site_id == site.id, col(Item.state).in_({ItemState.AT_SITE, ItemState.AT_LABORATORY, ItemState.IN_TRANSIT})
    )
    count = len(session.exec(held).all())
    if count:
        raise SiteHoldsMaterialError(n=count)
    site.active = False
    session.add(site)
    session.flush()
    return site


def reopen_site(session: Session, *, actor: Actor, site_id: UUID) -> Site:
    """Open a closed site again."""
    site = _coordinated(session, actor, site_id)
    site.active = True
    session.add(site)
    session.flush()
    return site


def all_sites(session: Session, *, actor: Actor) -> Sequence[Site]:
    """Every site that ``actor`` coordinates, the closed ones last."""
    allowed = actor.sites(Permission.NETWORK_COORDINATE)
    sites = session.exec(select(Site).order_by(col(Site.active).desc(), Site.name)).all()
    return [site for site in sites if allowed is None or site.id in allowed]


def _coordinated(session: Session, actor: Actor, site_id: UUID) -> Site:
    site = get_site(session, site_id=site_id)
    if not actor.may(Permission.NETWORK_COORDINATE, site_id):
        raise SiteNotFoundError
    return site


def _check(session: Session, data: SiteIn, *, but: UUID | None) -> None:
    other = session.exec(select(Site).where(Site.name == data.name)).first()
    if other is not None and other.id != but:
        raise SiteNameTakenError(name=data.name)
    if any(len(one) != 2 or not (one.isascii() and one.islower() and one.isalpha()) for one in data.languages):
        raise LanguagesInvalidError
    if data.timezone not in available_timezones():
        raise TimezoneInvalidError
