"""What a device sends of what was done without network, what it is answered, and what it needs to work so."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from lab.custody.body import CODE
from lab.custody.models import EntryMode, SealState
from lab.custody.schemas import EventRequest
from lab.kit.text import PlainText
from lab.samples.schemas import SampleIn

MAX_OPERATIONS = 500
MAX_ITEMS = 500
_SEAL = f"^{CODE}$"


class _Operation(BaseModel):
    """``device`` is a random key made when the app was set up; ``device_sequence`` counts its operations."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    device: UUID | None = None
    device_sequence: int | None = Field(default=None, ge=0, lt=2**31)


class RegisterOperation(_Operation):
    """A registration; its ``client_id`` makes it harmless to send again."""

    kind: Literal["register"]
    sample: SampleIn


class ItemRef(BaseModel):
    """An item by its key or, where the device registered it itself, by the ``client_id`` of the sample."""

    model_config = ConfigDict(extra="forbid")

    item_id: UUID | None = None
    client_id: UUID | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "ItemRef":
        if (self.item_id is None) == (self.client_id is None):
            message = "either item_id or client_id"
            raise ValueError(message)
        return self


class EventOperation(_Operation):
    """An event of an item; its ``id`` makes it harmless to send again. The item is named as in :class:`ItemRef`."""

    kind: Literal["event"]
    item_id: UUID | None = None
    client_id: UUID | None = None
    event: EventRequest


class _ParcelOperation(_Operation):
    id: UUID
    occurred_at: AwareDatetime


class PackOperation(_ParcelOperation):
    """Sealed items put into a parcel; ``id`` becomes the parcel's."""

    kind: Literal["pack"]
    seal_number: str = Field(pattern=_SEAL)
    from_site_id: UUID
    to_site_id: UUID
    legal_basis: PlainText = Field(min_length=1, max_length=300)
    items: list[ItemRef] = Field(min_length=1, max_length=MAX_ITEMS)


class HandOverOperation(_ParcelOperation):
    """A parcel given to whoever carries it.

    ``to_name_role``: the key of the account that takes it and said so on the giver's device, or ``courier`` for
    somebody without one of those on the device.
    """

    kind: Literal["hand_over"]
    parcel_id: UUID
    to_name_role: UUID | Literal["courier"]


class ScanIn(BaseModel):
    """One thing taken out of a parcel: by the code on its label, or by its key."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: PlainText | None = Field(default=None, min_length=1, max_length=80)
    item_id: UUID | None = None
    seal_state: SealState = SealState.INTACT
    condition: PlainText | None = Field(default=None, max_length=200)
    entry: EntryMode | None = None
    at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "ScanIn":
        if (self.item_id is None) == (self.code is None):
            message = "either item_id or code"
            raise ValueError(message)
        return self


class ReceiveOperation(_ParcelOperation):
    """Scans of a parcel that arrived, kept as they come; ``close`` ends it and compares with the manifest."""

    kind: Literal["receive"]
    parcel_id: UUID
    scans: list[ScanIn] = Field(default_factory=list, max_length=MAX_ITEMS)
    seal_state: SealState | None = None  # of the parcel; needed once, at the latest with ``close``
    close: bool = False


Operation = Annotated[
    RegisterOperation | EventOperation | PackOperation | HandOverOperation | ReceiveOperation,
    Field(discriminator="kind"),
]


class SiteKit(BaseModel):
    """A site where this account works, or where its parcels may go."""

    id: UUID
    name: str
    type: str
    area: str
    languages: list[str]
    may_register: bool  # whether this account registers samples here
    may_handle: bool  # whether it seals, packs, hands over and receives here


class SubstanceKit(BaseModel):
    """A substance of the vocabulary with its other names, for the picker."""

    id: UUID
    name: str
    synonyms: list[str]


class KitItem(BaseModel):
    """A container: what is printed on it, and nothing about what is in it."""

    item_id: UUID
    client_id: UUID  # the key under which the sample was registered
    code: str
    site_id: UUID
    seal_number: str | None
    head_event_id: UUID | None  # to be sent as ``after`` of the next event
    created_at: datetime


class KitParcel(BaseModel):
    """A parcel on its way from or to a site of this account."""

    id: UUID
    seal_number: str
    from_site_id: UUID
    to_site_id: UUID
    legal_basis: str
    state: str
    packed_at: datetime
    handed_over_at: datetime | None
    items: list[KitItem]


class Carrier(BaseModel):
    """A colleague to whom a parcel may be given: an account that handles custody here."""

    id: UUID
    name: str


class Kit(BaseModel):
    """What a device needs to work without network, and no more: no result, nothing about a person who came."""

    made_at: datetime
    account_id: UUID
    account_name: str
    sites: list[SiteKit]
    destinations: list[SiteKit]
    carriers: list[Carrier]
    substances: list[SubstanceKit]
    items: list[KitItem]  # at sites of this account and in no parcel
    parcels: list[KitParcel]  # not yet received
    legal_bases: dict[UUID, list[str]]  # by site of departure, the last one used first
    form_version: str
    consent_text_version: str
