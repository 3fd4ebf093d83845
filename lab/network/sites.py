"""Sites: testing points and laboratories."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.network.access import Actor, Permission
from lab.network.errors import SiteNameTakenError, SiteNotFoundError
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
