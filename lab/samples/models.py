"""The sample: what somebody brought, under a random code, and nothing about who brought it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from lab.kit.clock import now
from lab.kit.db import UTCDateTime, enum_type
from lab.kit.ids import new_id


class SampleForm(StrEnum):
    """The form a product comes in."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    POWDER = "powder"
    CRYSTAL = "crystal"
    GRANULES = "granules"
    LIQUID = "liquid"
    BLOTTER = "blotter"
    PLANT = "plant"
    PASTE = "paste"
    VAPE = "vape"
    RESIDUE = "residue"
    OTHER = "other"


class AdverseEvent(StrEnum):
    """Whether something went wrong after use. A serious event or an overdose opens a T0 task at registration."""

    NONE = "none"
    BENIGN = "benign"
    SERIOUS = "serious"
    OVERDOSE = "overdose"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why the sample is analysed [SINTES]."""

    ROUTINE = "routine"
    UNEXPECTED_EFFECT = "unexpected_effect"
    ADVERSE_BENIGN = "adverse_benign"
    ADVERSE_SERIOUS = "adverse_serious"
    NEW_OR_RARE = "new_or_rare"
    TLC_UNIDENTIFIED = "tlc_unidentified"
    FOLLOW_UP = "follow_up"


class TicketSource(StrEnum):
    """Where a ticket was made."""

    ISSUED = "issued"  # by the server, at registration
    DEVICE = "device"  # by a worker's phone, without network
    LABEL = "label"  # printed beside the label, before there was a sample
    REISSUED = "reissued"  # by a worker, with the person there who had lost the first


class Sample(SQLModel, table=True):
    """One product as registered. None in an optional column means "not stated"."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(max_length=9, unique=True)  # 8 random Crockford base-32 characters and a check character
    client_id: UUID = Field(default_factory=new_id, unique=True)  # the device's own key: makes a repeated sync harmless
    site_id: UUID = Field(foreign_key="site.id", index=True)
    form_version: str = Field(default="1", max_length=20)
    registered_by: UUID = Field(foreign_key="account.id")
    registered_at: datetime = Field(default_factory=now, sa_type=UTCDateTime, index=True)
    collected_on: date
    area: str = Field(max_length=80)  # coarse
    sold_as_substance_id: UUID | None = Field(default=None, foreign_key="substance.id", index=True)
    sold_as_raw: str | None = Field(default=None, max_length=200)  # the person's own words, kept beside the vocabulary
    form: SampleForm | None = Field(default=None, sa_type=enum_type(SampleForm))
    colours: list[str] = Field(default_factory=list, sa_type=sa.JSON)
    texture: str | None = Field(default=None, max_length=80)
    mass_mg: float | None = Field(default=None, ge=0)
    route: str | None = Field(default=None, max_length=40)
    effects: str | None = Field(default=None, max_length=500)
    adverse_event: AdverseEvent = Field(default=AdverseEvent.UNKNOWN, sa_type=enum_type(AdverseEvent))
    reason: Reason = Field(default=Reason.ROUTINE, sa_type=enum_type(Reason))
    # False: nobody said why, and it counts as routine. Rows of before are taken at their word.
    reason_stated: bool = Field(default=True, sa_column_kwargs={"server_default": sa.true()})
    # Tablet marks [DIMS]
    tablet_shape: str | None = Field(default=None, max_length=40)
    tablet_logo: str | None = Field(default=None, max_length=80)
    tablet_score: bool | None = None
    tablet_length_mm: float | None = None
    tablet_width_mm: float | None = None
    tablet_thickness_mm: float | None = None
    tablet_mass_mg: float | None = None
    # Consent: what was agreed to, by which text, in which language
    consent_analyse: bool = False
    consent_notify: bool = False
    consent_open_data: bool = False
    consent_keep_photo: bool = False
    consent_text_version: str = Field(max_length=20)
    consent_language: str = Field(max_length=2)


class Ticket(SQLModel, table=True):
    """What lets a person look an answer up: only the SHA-256 of a 128-bit token is kept. The code opens nothing."""

    token_hash: bytes = Field(primary_key=True, max_length=32)
    sample_id: UUID = Field(foreign_key="sample.id", index=True)
    created_at: datetime = Field(default_factory=now, sa_type=UTCDateTime)
    expires_at: datetime = Field(sa_type=UTCDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UTCDateTime)
    revoked_by: UUID | None = Field(default=None, foreign_key="account.id")
    source: TicketSource = Field(default=TicketSource.ISSUED, sa_type=enum_type(TicketSource))
    issued_by: UUID | None = Field(default=None, foreign_key="account.id")
