"""Tables of custody: items, parcels, the index of their events, and the texts that may be erased."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id
from lab.kit.ledger import LedgerCheckpoint as Checkpoint

__all__ = [
    "Action",
    "Checkpoint",
    "CustodyEvent",
    "CustodyReceipt",
    "CustodyText",
    "EntryMode",
    "Handover",
    "HandoverMode",
    "Item",
    "ItemState",
    "Manifest",
    "Parcel",
    "ParcelItem",
    "ParcelState",
    "Receiving",
    "ReceivingScan",
    "ReturnBasis",
    "ScanKind",
    "SealState",
]


class ItemState(StrEnum):
    """Where the material is."""

    AT_SITE = "at_site"
    IN_TRANSIT = "in_transit"
    AT_LABORATORY = "at_laboratory"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    LOST = "lost"


class Action(StrEnum):
    """What happened to an item."""

    COLLECTED = "collected"
    SEALED = "sealed"
    PACKED = "packed"
    HANDED_OVER = "handed_over"
    RECEIVED = "received"
    OPENED = "opened"
    ALIQUOTED = "aliquoted"
    CONSUMED = "consumed"
    STORED = "stored"
    DISPATCHED = "dispatched"
    RETURNED = "returned"
    DESTROYED = "destroyed"
    LOST = "lost"
    FOUND = "found"
    CORRECTED = "corrected"
    HELD = "held"  # legal hold: nothing of the sample is destroyed or given back until it is released
    RELEASED = "released"
    REFUSED = "refused"  # at the door of where its parcel was to arrive: it goes back


class SealState(StrEnum):
    """What a seal looked like when somebody looked."""

    INTACT = "intact"
    BROKEN = "broken"
    MISSING = "missing"


class EntryMode(StrEnum):
    """Whether a code was scanned or typed."""

    SCANNED = "scanned"
    TYPED = "typed"


class ParcelState(StrEnum):
    """How far a parcel is."""

    PACKED = "packed"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"


class Manifest(StrEnum):
    """What became of a line of a parcel's manifest."""

    EXPECTED = "expected"  # on the manifest, parcel not yet received
    RECEIVED = "received"
    MISSING = "missing"  # on the manifest, not in the parcel
    UNEXPECTED = "unexpected"  # in the parcel, not on the manifest


class Item(SQLModel, table=True):
    """A container with material. An aliquot is an item with a parent.

    What follows ``created_at`` is the fold of the item's events, kept for lists; the events are the truth.
    """

    __tablename__ = "custody_item"
    __table_args__ = (
        # A look-up asks for what is gone, and touches nothing else of a sample: see lab/results/lookup.py.
        sa.Index(
            "ix_custody_item_gone",
            "sample_id",
            sqlite_where=sa.text("state IN ('returned', 'destroyed', 'lost')"),
            postgresql_where=sa.text("state IN ('returned', 'destroyed', 'lost')"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="custody_item.id", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    state: ItemState = Field(default=ItemState.AT_SITE, sa_type=enum_type(ItemState), index=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)  # where it is; in transit, where it left
    seal_number: str | None = Field(default=None, max_length=40)  # None: not sealed
    held_ug: int | None = Field(default=None, sa_type=sa.BigInteger)  # None: never weighed
    events: int = 0
    head_event_id: UUID | None = None
    conflict: bool = Field(default=False, index=True)  # its history forks: a person must say which branch is true
    place: str | None = Field(default=None, max_length=40)  # the storage place where it was put last, while it is there
    on_hold: bool = False  # an authority's hold is on it

    @property
    def held_mg(self) -> float | None:
        return None if self.held_ug is None else self.held_ug / 1000


class Parcel(SQLModel, table=True):
    """Several sealed items that move together under one seal and one manifest."""

    __tablename__ = "custody_parcel"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    seal_number: str = Field(max_length=40)
    from_site_id: UUID = Field(foreign_key="site.id", index=True)
    to_site_id: UUID = Field(foreign_key="site.id", index=True)
    legal_basis: str = Field(max_length=300)  # of the transport: authorisation, circular, judicial district
    manifest: bytes  # canonical JSON; its SHA-256 stands in every event of packing
    state: ParcelState = Field(default=ParcelState.PACKED, sa_type=enum_type(ParcelState), index=True)
    packed_at: datetime = Field(sa_type=UTCDateTime)
    handed_over_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    received_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    seal_state: SealState | None = Field(default=None, sa_type=enum_type(SealState))  # as received
    # Refused where it was to arrive: it goes back, ``to_site_id`` is where it left from.
    refused_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    refused_by: UUID | None = None
    refused_site_id: UUID | None = None
    refused_why: str | None = Field(default=None, max_length=500)

    @property
    def ends(self) -> tuple[UUID, ...]:
        """The sites that it concerns: where it left, where it goes, and where it was refused."""
        refused = () if self.refused_site_id is None else (self.refused_site_id,)
        return tuple(dict.fromkeys((self.from_site_id, self.to_site_id, *refused)))


class ParcelItem(SQLModel, table=True):
    """One line of a parcel, and what became of it."""

    __tablename__ = "custody_parcel_item"

    parcel_id: UUID = Field(foreign_key="custody_parcel.id", primary_key=True)
    item_id: UUID = Field(foreign_key="custody_item.id", primary_key=True, index=True)
    outcome: Manifest = Field(default=Manifest.EXPECTED, sa_type=enum_type(Manifest))


class HandoverMode(StrEnum):
    """How the two sides of a handover confirmed it."""

    ONE_DEVICE = "one_device"  # both on the giver's: the receiving side is the giver's word and a tick
    TWO_DEVICES = "two_devices"  # offered on one, confirmed by the receiver's own account on another


class Handover(SQLModel, table=True):
    """A parcel given from hand to hand: offered, then confirmed or withdrawn. The ledger holds the confirmed ones.

    The latest confirmed one tells who carries the parcel.
    """

    __tablename__ = "custody_handover"

    id: UUID = Field(default_factory=new_id, primary_key=True)  # made by the device where there was no network
    parcel_id: UUID = Field(foreign_key="custody_parcel.id", index=True)
    mode: HandoverMode = Field(sa_type=enum_type(HandoverMode))
    giver_id: UUID = Field(foreign_key="account.id")
    receiver_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)  # None: a courier, unnamed
    offered_at: datetime = Field(sa_type=UTCDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    entry: EntryMode | None = Field(default=None, sa_type=enum_type(EntryMode))  # how the receiver read the seal
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    withdrawn_by: UUID | None = Field(default=None, foreign_key="account.id")


class Receiving(SQLModel, table=True):
    """A parcel being unpacked. It can be left and gone on with, on another device and by somebody else.

    Without ``parcel_id`` its seal is not known here yet: the device that packed it has not synced.
    """

    __tablename__ = "custody_receiving"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    parcel_id: UUID | None = Field(default=None, foreign_key="custody_parcel.id", unique=True)
    site_id: UUID = Field(foreign_key="site.id", index=True)
    seal_number: str = Field(max_length=40)
    started_by: UUID = Field(foreign_key="account.id")
    started_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    seal_state: SealState | None = Field(default=None, sa_type=enum_type(SealState))  # of the parcel
    condition: str | None = Field(default=None, max_length=500)
    closed_by: UUID | None = Field(default=None, foreign_key="account.id")
    closed_at: datetime | None = Field(default=None, sa_type=UTCDateTime)


class ScanKind(StrEnum):
    """What a scan was, against the manifest."""

    EXPECTED = "expected"
    UNEXPECTED = "unexpected"  # known here, not on this manifest
    UNKNOWN = "unknown"  # no sample has this code here (yet)


class ReceivingScan(SQLModel, table=True):
    """One thing taken out of a parcel, saved at once. Undone scans stay, struck out."""

    __tablename__ = "custody_receiving_scan"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    receiving_id: UUID = Field(foreign_key="custody_receiving.id", index=True)
    text: str = Field(max_length=80)  # the code as it is stored, or what was read where no sample has it
    item_id: UUID | None = Field(default=None, foreign_key="custody_item.id")
    kind: ScanKind = Field(sa_type=enum_type(ScanKind))
    seal_state: SealState = Field(default=SealState.INTACT, sa_type=enum_type(SealState))
    condition: str | None = Field(default=None, max_length=200)
    entry: EntryMode | None = Field(default=None, sa_type=enum_type(EntryMode))
    scanned_by: UUID = Field(foreign_key="account.id")
    scanned_at: datetime = Field(sa_type=UTCDateTime)
    device_id: UUID | None = None
    undone_by: UUID | None = Field(default=None, foreign_key="account.id")
    undone_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    booked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)  # its event is in the ledger
    refused: str | None = Field(default=None, max_length=80)  # why no event could be recorded: a message id
    weighed_ug: int | None = Field(default=None, sa_type=sa.BigInteger)  # on arrival, where somebody weighed it


class CustodyEvent(SQLModel, table=True):
    """Finds the ledger's entries by item, sample, parcel and time. What happened stands in the entry's bytes."""

    __tablename__ = "custody_event"
    __table_args__ = (sa.UniqueConstraint("item_id", "item_seq"), sa.UniqueConstraint("device_id", "device_seq"))

    id: UUID = Field(primary_key=True)  # made by the device, so that a repeated sync is harmless
    seq: int = Field(foreign_key="ledger_entry.seq", unique=True)
    leaf_hash: bytes = Field(max_length=32)
    sample_id: UUID = Field(index=True)  # no foreign key: the ledger outlives what it speaks of
    item_id: UUID
    item_seq: int  # from 1, in the order of arrival
    action: Action = Field(sa_type=enum_type(Action))
    after_id: UUID | None = None
    corrects_id: UUID | None = None
    parcel_id: UUID | None = Field(default=None, index=True)
    actor_id: UUID
    device_id: UUID | None = None
    device_seq: int | None = None
    occurred_at: datetime = Field(sa_type=UTCDateTime)
    recorded_at: datetime = Field(sa_type=UTCDateTime)


class CustodyText(SQLModel, table=True):
    """A person's words beside an event. The ledger holds the commitment alone; deleting this row erases them."""

    __tablename__ = "custody_text"

    commitment: str = Field(primary_key=True, max_length=64)
    salt: bytes = Field(max_length=16)
    value: str = Field(max_length=2000)


class CustodyReceipt(SQLModel, table=True):
    """A receipt that was given out: which entries it is over. Its code stands on the paper and in its address."""

    __tablename__ = "custody_receipt"

    code: str = Field(primary_key=True, max_length=64)  # hash of the tree over the entries, hexadecimal
    seqs: list[int] = Field(sa_column=sa.Column(sa.JSON, nullable=False))  # in the order of the log
    parcel_id: UUID | None = Field(default=None, index=True)
    issued_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)


class ReturnBasis(SQLModel, table=True):
    """The network's declared legal basis for giving material back; without one nothing is returned."""

    __tablename__ = "custody_return_basis"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    text: str = Field(max_length=500)
    declared_by: UUID = Field(foreign_key="account.id")
    declared_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    withdrawn_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
