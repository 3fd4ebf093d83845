"""Tables of the network: sites, accounts, the roles that join them, and how accounts sign in."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class SiteType(StrEnum):
    """Kinds of site [Brussels plan]."""

    FESTIVAL = "festival"
    FIXED = "fixed"
    NEEDLE_EXCHANGE = "needle_exchange"
    CAARUD = "caarud"
    MOBILE = "mobile"
    MAIL = "mail"
    LABORATORY = "laboratory"


class Milieu(StrEnum):
    """Where the people who come to a site are met [Brussels plan]."""

    STREET = "street"
    CARE = "care"
    FESTIVE = "festive"
    PRISON = "prison"
    SPORT = "sport"


class Role(StrEnum):
    """What an account may be at a site."""

    WORKER = "worker"
    PEER_WORKER = "peer_worker"
    COURIER = "courier"
    CHEMIST = "chemist"
    VERIFIER = "verifier"
    COORDINATOR = "coordinator"
    ALERT_APPROVER = "alert_approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Site(SQLModel, table=True):
    """A testing point or a laboratory."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=120, unique=True)
    type: SiteType = Field(sa_type=enum_type(SiteType))
    milieu: Milieu | None = Field(default=None, sa_type=enum_type(Milieu))
    area: str = Field(max_length=80)  # coarse: a city or district, never an address of a person
    timezone: str = Field(default="Europe/Brussels", max_length=64)
    language: str = Field(default="fr", max_length=2)
    country: str = Field(default="BE", max_length=2)  # ISO 3166-1: which national helplines hold here
    languages: list[str] = Field(default_factory=list, sa_type=sa.JSON)  # spoken at the counter
    hours: str = Field(default="", max_length=200)  # in words, as the site gives them
    allows_preliminary: bool = False
    active: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Account(SQLModel, table=True):
    """A person who works in the network; ``id`` is the opaque actor that the ledger names."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(max_length=254, unique=True)  # stored in lower case
    display_name: str = Field(max_length=120)
    password_hash: str | None = Field(default=None, max_length=255)
    language: str = Field(default="fr", max_length=2)
    active: bool = True
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class RoleGrant(SQLModel, table=True):
    """A role of an account at a site; without a site it holds in the whole network."""

    __tablename__ = "role_grant"
    __table_args__ = (sa.UniqueConstraint("account_id", "site_id", "role"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    role: Role = Field(sa_type=enum_type(Role))
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class LoginSession(SQLModel, table=True):
    """A signed-in browser. Only the SHA-256 of the cookie's 256-bit token is kept."""

    __tablename__ = "login_session"

    token_hash: bytes = Field(primary_key=True, max_length=32)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime, index=True)


class ApiToken(SQLModel, table=True):
    """A bearer token for programs. Only its SHA-256 is kept; it can be revoked and it expires."""

    __tablename__ = "api_token"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: bytes = Field(max_length=32, unique=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    label: str = Field(max_length=80)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class AccountInvitation(SQLModel, table=True):
    """A link by which a person chooses a password, once. Only the SHA-256 of its 256-bit token is kept."""

    __tablename__ = "account_invitation"

    token_hash: bytes = Field(primary_key=True, max_length=32)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class NetworkSetting(SQLModel, table=True):
    """A switch of the whole network that an administrator turns on its pages, with who turned it last."""

    __tablename__ = "network_setting"

    name: str = Field(primary_key=True, max_length=60)
    value: str = Field(max_length=200)
    changed_by: UUID = Field(foreign_key="account.id")
    changed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Protocol(SQLModel, table=True):
    """One version of a protocol of the network: how something is done, from when on, and where it is written."""

    __table_args__ = (sa.UniqueConstraint("title", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    title: str = Field(max_length=160)
    version: str = Field(max_length=40)
    valid_from: date
    valid_until: date | None = None  # None: until another version replaces it
    link: str = Field(max_length=300)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class Training(SQLModel, table=True):
    """That somebody was trained on a version of a protocol: when, by whom, and until when it holds."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    protocol_id: UUID = Field(foreign_key="protocol.id", index=True)
    trained_on: date
    valid_until: date | None = None
    trained_by: str = Field(max_length=120)
    recorded_by: UUID = Field(foreign_key="account.id")
    recorded_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
