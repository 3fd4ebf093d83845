"""What goes into custody and what comes out."""

import math
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lab.custody.body import CODE
from lab.custody.errors import MassInvalidError
from lab.custody.fold import Books
from lab.custody.models import Action, EntryMode, SealState

MAX_MASS_MG = 1e9  # a tonne; larger is a typing error
_CODE = f"^{CODE}$"


class EventIn(BaseModel):
    """Details of an event; which of them an action needs or takes, the service says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: UUID | None = None  # made by the device; makes a repeated sync harmless
    after: UUID | None = None  # the last event of this item that the device knew; None: the last one known here
    joins: tuple[UUID, ...] = ()
    device: UUID | None = None
    device_seq: int | None = Field(default=None, ge=0, lt=2**31)
    occurred_at: AwareDatetime | None = None
    to_site_id: UUID | None = None
    place: str | None = Field(default=None, pattern=_CODE)
    parcel_id: UUID | None = None
    seal_number: str | None = Field(default=None, pattern=_CODE)
    seal_state: SealState | None = None
    mass_mg: float | None = None  # weighed: the whole content of the item
    amount_mg: float | None = None  # taken out, or put back when found
    analysis_id: UUID | None = None
    corrects_id: UUID | None = None
    witness_id: UUID | None = None
    entry: EntryMode | None = None
    condition: str | None = Field(default=None, max_length=500)
    method: str | None = Field(default=None, max_length=500)
    note: str | None = Field(default=None, max_length=2000)
    purpose: str | None = Field(default=None, max_length=500)


class EventRequest(EventIn):
    """An event of an item as it is sent: what happened, and the details that it takes."""

    action: Action


def to_ug(mass_mg: float) -> int:
    """Whole micrograms; raises :class:`MassInvalidError` for what is no mass."""
    if not math.isfinite(mass_mg) or not 0 <= mass_mg <= MAX_MASS_MG:
        raise MassInvalidError(mass=str(mass_mg))
    return round(mass_mg * 1000)


@dataclass(frozen=True)
class Balance:
    """The books of a sample over all its items."""

    collected_ug: int  # entered other than by aliquoting
    held_ug: int
    consumed_ug: int
    destroyed_ug: int
    returned_ug: int
    missing_ug: int  # lost and not found again
    items: dict[UUID, Books]
    unweighed: tuple[UUID, ...]  # items of unknown mass, in no sum

    @property
    def difference_ug(self) -> int:
        """What came in less all that is accounted for; 0 when the books close."""
        accounted = self.held_ug + self.consumed_ug + self.destroyed_ug + self.returned_ug + self.missing_ug
        return self.collected_ug - accounted


@dataclass(frozen=True)
class TimelineEntry:
    """One line of a sample's history."""

    seq: int
    id: UUID
    item_id: UUID
    action: Action
    occurred_at: datetime
    recorded_at: datetime
    actor_id: UUID
    witness_id: UUID | None
    from_site_id: UUID | None
    to_site_id: UUID | None
    parcel_id: UUID | None
    analysis_id: UUID | None
    child_id: UUID | None
    place: str | None
    seal_number: str | None
    seal_state: SealState | None
    mass_mg: float | None
    amount_mg: float | None
    held_after_mg: float | None
    corrects_id: UUID | None
    corrected_by_id: UUID | None
    on_main_line: bool  # False: on a branch that does not tell where the item is
    texts: dict[str, str | None]  # None: erased
