"""What goes into a registration and what comes out."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from lab.kit.ids import new_id
from lab.kit.text import PlainText
from lab.samples.consent import CURRENT_TEXT
from lab.samples.models import AdverseEvent, Reason, Sample, SampleForm, TicketSource
from lab.samples.words import Colour, Route, TabletShape, Texture

if TYPE_CHECKING:
    from lab.custody.models import Item

FORM_VERSION = "1"


class LabelStanding(StrEnum):
    """What is known here of the code on a label."""

    PRINTED_HERE = "printed_here"  # for this site, or for all of the network
    PRINTED_ELSEWHERE = "printed_elsewhere"  # for another site of the network
    UNKNOWN = "unknown"  # not from a sheet of this network
    USED = "used"
    VOID = "void"  # the sheet was declared lost


class SampleIn(BaseModel):
    """A registration as the worker's form sends it. Whatever is left out was not stated.

    ``client_id`` is the device's own key: sent again, it finds the sample that is already there. ``code`` is that of
    a pre-printed label; without one a fresh code is drawn. ``ticket_hash`` is the hex SHA-256 of a ticket that the
    device made itself (27 characters as :func:`lab.samples.codes.read` stores them), so that a person leaves with one
    although nobody could reach the server; none is issued then. Limits of measures are checked by the service.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    client_id: UUID = Field(default_factory=new_id)
    site_id: UUID
    code: PlainText | None = Field(default=None, max_length=40)
    ticket_hash: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    form_version: PlainText = Field(default=FORM_VERSION, max_length=20)
    collected_on: date | None = None  # today
    collected_at: datetime | None = None  # for the custody log; now
    area: PlainText | None = Field(default=None, max_length=80)  # the site's own
    sold_as_substance_id: UUID | None = None
    sold_as_raw: PlainText | None = Field(default=None, max_length=200)
    form: SampleForm | None = None
    colours: list[Colour] = Field(default_factory=list, max_length=6)
    texture: Texture | None = None
    mass_mg: float | None = None
    route: Route | None = None
    effects: PlainText | None = Field(default=None, max_length=500)
    adverse_event: AdverseEvent = AdverseEvent.UNKNOWN
    reason: Reason | None = None  # not stated counts as routine
    tablet_shape: TabletShape | None = None
    tablet_logo: PlainText | None = Field(default=None, max_length=80)
    tablet_score: bool | None = None
    tablet_length_mm: float | None = None
    tablet_width_mm: float | None = None
    tablet_thickness_mm: float | None = None
    tablet_mass_mg: float | None = None
    consent_analyse: bool = False
    consent_notify: bool = False
    consent_open_data: bool = False
    consent_keep_photo: bool = False
    consent_text_version: PlainText = Field(default=CURRENT_TEXT, max_length=20)
    consent_language: PlainText = Field(default="fr", pattern="^(fr|nl|en)$")


class TabletMarksIn(BaseModel):
    """Marks of a tablet while they are being typed."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    form: SampleForm | None = None
    tablet_shape: TabletShape | None = None
    tablet_logo: PlainText | None = Field(default=None, max_length=80)
    tablet_score: bool | None = None
    tablet_length_mm: float | None = None
    tablet_width_mm: float | None = None
    tablet_thickness_mm: float | None = None


@dataclass(frozen=True)
class Registered:
    """A sample with its custody item. ``ticket`` is the person's token, shown this once.

    It is None where the person holds one already: the sample was registered before (``is_new`` False), the device made
    the ticket, or it is printed beside the label (``ticket_source``). ``label`` says what is known of the label.
    """

    sample: Sample
    item: "Item"
    ticket: str | None
    is_new: bool = True
    ticket_source: TicketSource | None = None
    label: LabelStanding | None = None


class SampleStatus(StrEnum):
    """What a person is told about how far things are, from custody and result together."""

    AT_SITE = "at_site"
    ON_THE_WAY = "on_the_way"
    AT_LABORATORY = "at_laboratory"
    IN_ANALYSIS = "in_analysis"
    BEING_CHECKED = "being_checked"
    PRELIMINARY = "preliminary"  # an answer is there, and not yet checked by a second person
    READY = "ready"
    BEING_AMENDED = "being_amended"  # the answer given is known to be superseded; the newer one is not out yet
    RETRACTED = "retracted"
    LOST = "lost"
    ENDED = "ended"  # destroyed or returned before there was an answer


@dataclass(frozen=True)
class SamplePage:
    """Some samples of a list, newest first, and how many there are in all."""

    samples: tuple[Sample, ...]
    total: int
