"""Which lane of a reading is which lane of the layout."""

from collections.abc import Sequence
from dataclasses import dataclass

from lab.kit.messages import Message
from lab.plates.models import PlateLane
from tlc_analysis.model import Lane, Plate, PlateReading, Spot

DOMINANT = 3.0  # a standard's own spot outweighs its impurities at least so many times, or nobody can say which it is


@dataclass(frozen=True, kw_only=True)
class JoinedLane:
    """A lane as laid out, and as read; ``read`` is None when the two could not be joined."""

    laid: PlateLane
    read: Lane | None


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The plate of the reading that is this plate, and its lanes in the layout's order.

    ``problem`` says why they could not be joined: then no lane has a reading, for a guess would give one person's
    answer to another.
    """

    plate: Plate | None
    lanes: tuple[JoinedLane, ...]
    problem: Message | None


def join(reading: PlateReading, layout: Sequence[PlateLane]) -> Joined:
    """Join by position, left to right, and only when both agree on how many lanes there are."""
    if not reading.plates:
        return _apart(None, layout, Message("plate.join.no_plate"))
    fitting = [plate for plate in reading.plates if len(plate.lanes) == len(layout)]
    if len(fitting) > 1 or (not fitting and len(reading.plates) > 1):
        return _apart(None, layout, Message("plate.join.several_plates", {"count": len(reading.plates)}))
    if not fitting:
        seen = len(reading.plates[0].lanes)
        problem = Message("plate.join.lanes_differ", {"laid_out": len(layout), "read": seen})
        return _apart(reading.plates[0], layout, problem)
    ordered = sorted(fitting[0].lanes, key=lambda lane: lane.index)
    lanes = tuple(JoinedLane(laid=laid, read=read) for laid, read in zip(layout, ordered, strict=True))
    return Joined(plate=fitting[0], lanes=lanes, problem=None)


def _apart(plate: Plate | None, layout: Sequence[PlateLane], problem: Message) -> Joined:
    return Joined(plate=plate, lanes=tuple(JoinedLane(laid=laid, read=None) for laid in layout), problem=problem)


def main_spot(lane: Lane) -> Spot | None:
    """A standard's own spot: the only one, or one that outweighs the rest :data:`DOMINANT` times."""
    spots = sorted(lane.spots, key=lambda spot: spot.volume, reverse=True)
    if not spots or (len(spots) > 1 and spots[0].volume < DOMINANT * spots[1].volume):
        return None
    return spots[0]
