"""Tables of stock keeping: declared rules, routes and limits, storage places, tasks about deviations, destructions."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class RetentionFrom(StrEnum):
    """From which day a remainder is kept."""

    COLLECTED = "collected"
    REPORTED = "reported"


class StockRules(SQLModel, table=True):
    """What a site, or the network (no site), declares for its stock. Rows are added, never changed: the last holds.

    None: nothing declared here; for a site then what the network declared holds. There are no built-in values.
    """

    __tablename__ = "stock_rules"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID | None = Field(default=None, foreign_key="site.id", index=True)
    tolerance_ug: int | None = Field(default=None, sa_type=sa.BigInteger)  # of one weighing against the books
    tolerance_percent: float | None = None  # of what the books say; the larger of the two holds
    transit_hours: int | None = None  # how long a parcel from here may be under way
    retention_days: int | None = None
    retention_from: RetentionFrom | None = Field(default=None, sa_type=enum_type(RetentionFrom))
    basis: str = Field(max_length=500)  # what this rests on: a procedure, a permit, a decision
    declared_by: UUID = Field(foreign_key="account.id")
    declared_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class TransportRoute(SQLModel, table=True):
    """A declared way of parcels from one site to another, and on which legal basis it is travelled."""

    __tablename__ = "transport_route"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    from_site_id: UUID = Field(foreign_key="site.id", index=True)
    to_site_id: UUID = Field(foreign_key="site.id")
    authorisation: str = Field(default="", max_length=120)
    circular: str = Field(default="", max_length=120)
    judicial_district: str = Field(default="", max_length=80)  # of departure
    arrival_district: str = Field(default="", max_length=80)
    hours: int | None = None  # how long a parcel may be under way; None: what the site declares
    valid_until: date | None = None
    declared_by: UUID = Field(foreign_key="account.id")
    declared_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class StockLimit(SQLModel, table=True):
    """How much a place may hold, as its permit says: of one substance, or of everything (no substance)."""

    __tablename__ = "stock_limit"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    substance_id: UUID | None = Field(default=None, foreign_key="substance.id")
    limit_ug: int = Field(sa_type=sa.BigInteger)
    warn_percent: int  # from which share of the limit on a warning is shown
    basis: str = Field(max_length=300)
    declared_by: UUID = Field(foreign_key="account.id")
    declared_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class StoragePlace(SQLModel, table=True):
    """Where containers are kept at a site: a shelf, a safe, a box. ``code`` is what its label says."""

    __tablename__ = "storage_place"
    __table_args__ = (sa.UniqueConstraint("site_id", "code"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    code: str = Field(max_length=40)
    name: str = Field(max_length=120)
    created_by: UUID = Field(foreign_key="account.id")
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class CustodyTaskKind(StrEnum):
    """What a person has to look into."""

    MASS_DIFFERS = "mass_differs"
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"  # something in a parcel that no sample here fits
    SEAL_BROKEN = "seal_broken"
    OVERDUE = "overdue"
    REFUSED = "refused"
    SUM_DIFFERS = "sum_differs"  # container by container within the tolerance, together not


class Settlement(StrEnum):
    """How a task ended."""

    EXPLAINED = "explained"  # the reason says all; the books stay
    BOOKS_CORRECTED = "books_corrected"  # what was entered first was wrong: corrected to what the scale shows
    USE_BOOKED = "use_booked"  # it was used and nobody had booked it


class CustodyTask(SQLModel, table=True):
    """A deviation for a person. ``subject`` names what it is about, so that it is opened once."""

    __tablename__ = "custody_task"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    subject: str = Field(max_length=120, unique=True)
    kind: CustodyTaskKind = Field(sa_type=enum_type(CustodyTaskKind))
    site_id: UUID = Field(foreign_key="site.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="custody_item.id", index=True)
    parcel_id: UUID | None = Field(default=None, foreign_key="custody_parcel.id", index=True)
    event_id: UUID | None = None
    difference_ug: int | None = Field(default=None, sa_type=sa.BigInteger)  # scale less books
    tolerance_ug: int | None = Field(default=None, sa_type=sa.BigInteger)  # as declared then
    text: str | None = Field(default=None, max_length=80)  # what was read where no sample fits
    happened_at: datetime = Field(sa_type=UTCDateTime)
    opened_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    settlement: Settlement | None = Field(default=None, sa_type=enum_type(Settlement))
    reason: str | None = Field(default=None, max_length=500)
    resolved_by: UUID | None = Field(default=None, foreign_key="account.id")
    resolved_at: datetime | None = Field(default=None, sa_type=UTCDateTime, index=True)
    correction_id: UUID | None = None  # the event that set it right


class CustodyExamined(SQLModel, table=True):
    """Up to which entry of the log deviations were looked for."""

    __tablename__ = "custody_examined"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    next_seq: int


class Disposal(SQLModel, table=True):
    """A destruction: proposed by one account, confirmed by another. The ledger holds the confirmed ones."""

    __tablename__ = "custody_disposal"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    method: str = Field(max_length=200)
    place: str = Field(max_length=40)
    proposed_by: UUID = Field(foreign_key="account.id")
    proposed_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    confirmed_by: UUID | None = Field(default=None, foreign_key="account.id")
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    cancelled_by: UUID | None = Field(default=None, foreign_key="account.id")
    cancelled_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class DisposalItem(SQLModel, table=True):
    """One container of a destruction."""

    __tablename__ = "custody_disposal_item"

    disposal_id: UUID = Field(foreign_key="custody_disposal.id", primary_key=True)
    item_id: UUID = Field(foreign_key="custody_item.id", primary_key=True, index=True)
