"""What sites and the network declare: tolerance, transit time, retention, routes, limits. Nothing is built in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.custody.models import Parcel
from lab.custody.schemas import to_ug
from lab.errors import ForbiddenError
from lab.kit.clock import now, today
from lab.kit.text import PlainText
from lab.library.models import Substance
from lab.network.access import Actor, Permission
from lab.network.models import Site
from lab.register.errors import (
    BasisMissingError,
    BasisTooLongError,
    DeclaredNotFoundError,
    NothingDeclaredError,
    RuleInvalidError,
    SameSiteError,
)
from lab.register.models import RetentionFrom, StockLimit, StockRules, TransportRoute

BASIS_LENGTH = 300  # of a parcel's legal basis
_STRICT = ConfigDict(extra="forbid", str_strip_whitespace=True)


class RulesIn(BaseModel):
    """Rules as a page writes them; what is left out is not declared here."""

    model_config = _STRICT

    tolerance_mg: float | None = Field(default=None, ge=0, le=1e6, allow_inf_nan=False)
    tolerance_percent: float | None = Field(default=None, ge=0, le=100, allow_inf_nan=False)
    transit_hours: int | None = Field(default=None, ge=1, le=24 * 60)
    retention_days: int | None = Field(default=None, ge=0, le=36500)
    retention_from: RetentionFrom | None = None
    basis: PlainText = Field(default="", max_length=500)


class RouteIn(BaseModel):
    """A route as a page writes it."""

    model_config = _STRICT

    from_site_id: UUID
    to_site_id: UUID
    authorisation: PlainText = Field(default="", max_length=120)
    circular: PlainText = Field(default="", max_length=120)
    judicial_district: PlainText = Field(default="", max_length=80)  # of departure
    arrival_district: PlainText = Field(default="", max_length=80)
    hours: int | None = Field(default=None, ge=1, le=24 * 60)
    valid_until: date | None = None


class LimitIn(BaseModel):
    """A limit of stock as a page writes it."""

    model_config = _STRICT

    site_id: UUID
    substance_id: UUID | None = None
    limit_mg: float = Field(gt=0, le=1e9, allow_inf_nan=False)
    warn_percent: int = Field(ge=1, le=100)
    basis: PlainText = Field(default="", max_length=300)


@dataclass(frozen=True)
class Rules:
    """What holds at a site: its own declaration where there is one, else the network's."""

    tolerance_ug: int | None = None
    tolerance_percent: float | None = None
    transit_hours: int | None = None
    retention_days: int | None = None
    retention_from: RetentionFrom | None = None

    @property
    def states_tolerance(self) -> bool:
        return self.tolerance_ug is not None or self.tolerance_percent is not None

    def tolerance_of(self, books_ug: int) -> int:
        """How far a weighing may be from ``books_ug`` without a task; nothing declared: not at all."""
        share = round(books_ug * (self.tolerance_percent or 0) / 100)
        return max(self.tolerance_ug or 0, share)


def _require_coordinator(session: Session, actor: Actor, site_id: UUID | None) -> None:
    """Rules of the network take whoever coordinates all of it."""
    if site_id is None:
        if actor.sites(Permission.NETWORK_COORDINATE) is not None:
            raise ForbiddenError(permission=Permission.NETWORK_COORDINATE.value)
        return
    if session.get(Site, site_id) is None:
        raise DeclaredNotFoundError
    actor.require(Permission.NETWORK_COORDINATE, site_id)


def declare(session: Session, *, actor: Actor, site_id: UUID | None, data: RulesIn) -> StockRules:
    """Declare what holds at ``site_id``, or in the network; earlier declarations stay readable."""
    _require_coordinator(session, actor, site_id)
    if data.retention_days is not None and data.retention_from is None:
        raise RuleInvalidError(field="retention_from")
    values = data.model_dump(exclude={"basis", "tolerance_mg"})
    if data.tolerance_mg is None and all(value is None for value in values.values()):
        raise NothingDeclaredError
    if not data.basis:
        raise BasisMissingError
    tolerance_ug = None if data.tolerance_mg is None else to_ug(data.tolerance_mg)
    rules = StockRules(
        **values, site_id=site_id, tolerance_ug=tolerance_ug, basis=data.basis, declared_by=actor.account_id
    )
    session.add(rules)
    session.flush()
    return rules


def declared(session: Session, *, site_id: UUID | None) -> StockRules | None:
    """The last declaration of exactly this site, or of the network."""
    query = select(StockRules).where(StockRules.site_id == site_id)
    return session.exec(query.order_by(col(StockRules.declared_at).desc(), col(StockRules.id))).first()


def rules_for(session: Session, *, site_id: UUID) -> Rules:
    """What holds at a site, field by field."""
    rows = [row for key in (site_id, None) if (row := declared(session, site_id=key)) is not None]

    def first(*names: str) -> dict[str, object]:
        row = next((row for row in rows if any(getattr(row, name) is not None for name in names)), None)
        return {name: getattr(row, name, None) for name in names}

    return Rules(
        **first("tolerance_ug", "tolerance_percent"), **first("transit_hours"),  # type: ignore[arg-type]  # columns of the same types
        **first("retention_days", "retention_from"),  # type: ignore[arg-type]  # as above
    )  # fmt: skip


# Routes


def add_route(session: Session, *, actor: Actor, data: RouteIn) -> TransportRoute:
    """Declare a route; it replaces the one between the same two sites."""
    if data.from_site_id == data.to_site_id:
        raise SameSiteError
    _require_coordinator(session, actor, data.from_site_id)
    if session.get(Site, data.to_site_id) is None:
        raise DeclaredNotFoundError
    if not (data.authorisation or data.circular or data.judicial_district or data.arrival_district):
        raise BasisMissingError(field="authorisation")
    if len(basis_of(data)) > BASIS_LENGTH:
        raise BasisTooLongError(field="authorisation", most=BASIS_LENGTH)
    for other in routes_from(session, site_id=data.from_site_id):
        if other.to_site_id == data.to_site_id:
            other.withdrawn_at = now()
            session.add(other)
    route = TransportRoute(**data.model_dump(), declared_by=actor.account_id)
    session.add(route)
    session.flush()
    return route


def withdraw_route(session: Session, *, actor: Actor, route_id: UUID) -> TransportRoute:
    """Travel it no more; parcels that went by it keep their basis."""
    route = session.get(TransportRoute, route_id)
    if route is None or not actor.may(Permission.NETWORK_COORDINATE, route.from_site_id):
        raise DeclaredNotFoundError
    route.withdrawn_at = route.withdrawn_at or now()
    session.add(route)
    session.flush()
    return route


def routes_from(session: Session, *, site_id: UUID) -> Sequence[TransportRoute]:
    """The declared routes of a site, past their last day too."""
    query = select(TransportRoute).where(
        TransportRoute.from_site_id == site_id, col(TransportRoute.withdrawn_at).is_(None)
    )
    return session.exec(query.order_by(col(TransportRoute.declared_at))).all()


def route_between(session: Session, *, from_site_id: UUID, to_site_id: UUID) -> TransportRoute | None:
    """The route that holds today between two sites."""
    return next(
        (
            route
            for route in routes_from(session, site_id=from_site_id)
            if route.to_site_id == to_site_id and (route.valid_until is None or route.valid_until >= today())
        ),
        None,
    )


def basis_of(route: TransportRoute | RouteIn) -> str:
    """The legal basis of a route in one line, as it stands with parcels and in the ledger's commitment."""
    districts = " → ".join(part for part in (route.judicial_district, route.arrival_district) if part)
    return " · ".join(part for part in (route.authorisation, route.circular, districts) if part)


def route_of(session: Session, parcel: Parcel) -> TransportRoute | None:
    """The declared route, withdrawn or not, on whose legal basis a parcel travels; None: it has words of its own."""
    query = select(TransportRoute).where(TransportRoute.from_site_id == parcel.from_site_id)
    goes_to = parcel.refused_site_id or parcel.to_site_id
    routes = session.exec(query.order_by(col(TransportRoute.declared_at).desc())).all()
    return next((one for one in routes if one.to_site_id == goes_to and basis_of(one) == parcel.legal_basis), None)


# Limits


def set_limit(session: Session, *, actor: Actor, data: LimitIn) -> StockLimit:
    """Declare how much a place may hold; it replaces the limit for the same substance."""
    _require_coordinator(session, actor, data.site_id)
    if data.substance_id is not None and session.get(Substance, data.substance_id) is None:
        raise DeclaredNotFoundError
    if not data.basis:
        raise BasisMissingError
    for other in limits_of(session, site_id=data.site_id):
        if other.substance_id == data.substance_id:
            other.withdrawn_at = now()
            session.add(other)
    limit = StockLimit(
        site_id=data.site_id, substance_id=data.substance_id, limit_ug=to_ug(data.limit_mg),
        warn_percent=data.warn_percent, basis=data.basis, declared_by=actor.account_id,
    )  # fmt: skip
    session.add(limit)
    session.flush()
    return limit


def withdraw_limit(session: Session, *, actor: Actor, limit_id: UUID) -> StockLimit:
    """Hold a place to this limit no more."""
    limit = session.get(StockLimit, limit_id)
    if limit is None or not actor.may(Permission.NETWORK_COORDINATE, limit.site_id):
        raise DeclaredNotFoundError
    limit.withdrawn_at = limit.withdrawn_at or now()
    session.add(limit)
    session.flush()
    return limit


def limits_of(session: Session, *, site_id: UUID) -> Sequence[StockLimit]:
    """The limits that hold at a site."""
    query = select(StockLimit).where(StockLimit.site_id == site_id, col(StockLimit.withdrawn_at).is_(None))
    return session.exec(query.order_by(col(StockLimit.declared_at))).all()
