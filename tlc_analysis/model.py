"""The vocabulary of a plate reading: frozen dataclasses that mirror the ``plate-reading/1`` JSON.

Pixels are those of the picture as displayed (EXIF orientation applied), origin at the top-left, x to
the right, y down, an integer is a pixel's centre (``docs/coordinates.md``). The *top* of a plate is the
edge where the solvent front is.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Illumination = Literal["uv254", "uv366", "visible"]
Point = tuple[float, float]
Polyline = tuple[Point, ...]
Corners = tuple[Point, Point, Point, Point]  # top-left, top-right, bottom-right, bottom-left
Lab = tuple[float, float, float]

SCHEMA = "plate-reading/1"


class Flag(StrEnum):
    """Everything a reading may have to say about itself; ``docs/method.md`` explains each."""

    # of the picture
    NO_PLATE = "no_plate"  # nothing that could be a plate
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"
    LOW_RESOLUTION = "low_resolution"
    DAMAGED_PICTURE = "damaged_picture"  # the file was cut short: its end is plain grey
    # of a plate
    WHOLE_PICTURE = "whole_picture"  # no outline found: the picture's frame serves as the plate
    PLATE_CUT = "plate_cut"  # cut by the frame of the picture
    ORIGIN_NOT_FOUND = "origin_not_found"  # click the origin line
    FRONT_NOT_FOUND = "front_not_found"  # click the solvent front
    DIRECTION_UNCERTAIN = "direction_uncertain"  # say which end is up
    FRONT_CURVED = "front_curved"
    FRONT_FROM_HINT = "front_from_hint"
    ORIGIN_FROM_HINT = "origin_from_hint"
    CORNERS_FROM_HINT = "corners_from_hint"
    LANES_FROM_HINT = "lanes_from_hint"
    LANES_UNCERTAIN = "lanes_uncertain"
    NO_SPOTS = "no_spots"
    STREAKS = "streaks"  # material is smeared along the lanes: spots cannot be told apart
    # of a spot
    SATURATED = "saturated"  # more than 1 % of its pixels are clipped
    TAILING = "tailing"  # apex and centroid more than 2 hRf apart
    OVERLAPPING = "overlapping"  # separated from a neighbour by fitting
    NEAR_ORIGIN = "near_origin"
    NEAR_FRONT = "near_front"  # may run with the front
    EDGE = "edge"  # touches the edge of the plate
    FAINT = "faint"  # near the limit of what the picture can show
    FLUORESCENT = "fluorescent"  # brighter than the layer
    MANUAL = "manual"  # set or moved by a person


class FeatureKind(StrEnum):
    """Seen on the plate but not claimed as an analyte band."""

    ORIGIN_RESIDUE = "origin_residue"
    STREAK = "streak"
    PENCIL = "pencil"
    HANDWRITING = "handwriting"
    CIRCLE = "circle"
    DUST = "dust"
    SCRATCH = "scratch"
    FRONT = "front"  # the ridge of the solvent front itself
    EDGE = "edge"  # an artefact of the plate's rim


@dataclass(frozen=True, kw_only=True)
class ImageInfo:
    """The picture: hash of the bytes given, size as displayed, and under which light it was taken."""

    sha256: str
    width_px: int
    height_px: int
    illumination: Illumination
    illumination_inferred: bool


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A substance compatible with a spot. ``in_set``: member of the 95 % set."""

    substance: str
    probability: float
    in_set: bool


@dataclass(frozen=True, kw_only=True)
class Spot:
    """One analyte band.

    ``rf`` and ``centre_px`` are at the fitted apex, ``rf_centroid`` beside it; ``rf_u`` is the standard
    uncertainty of reading *this picture* and nothing else. ``rf``/``rf_u`` are None when origin or front
    could not be found. ``volume`` is the integral of the contrast signal over the band (optical density, or
    relative fluorescence, times mm² when the plate size is known, else times plate-frame px²).
    ``width_px``/``height_px`` are the full widths at half maximum across and along the lane.
    """

    rf: float | None
    rf_u: float | None
    migration_px: float | None
    centre_px: Point
    snr: float
    asymmetry: float | None
    volume: float
    colour_lab: Lab
    flags: tuple[Flag, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    rf_centroid: float | None = None
    width_px: float | None = None
    height_px: float | None = None


@dataclass(frozen=True, kw_only=True)
class Feature:
    """Something seen and explained, not claimed as a band."""

    kind: FeatureKind
    centre_px: Point


@dataclass(frozen=True, kw_only=True)
class Densitogram:
    """A lane's profile: ``signal`` sampled along ``rf`` (or along ``migration_px`` when Rf is withheld)."""

    position: tuple[float, ...]
    position_unit: Literal["rf", "px"]
    signal: tuple[float, ...]
    baseline: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Lane:
    """A lane from its origin upwards. Marked lanes are listed even when empty. ``x_px`` is at the origin."""

    index: int  # from 1, left to right
    x_px: float
    spots: tuple[Spot, ...] = ()
    features: tuple[Feature, ...] = ()
    origin_px: Point | None = None
    front_px: Point | None = None  # where this lane meets the front
    width_px: float | None = None
    densitogram: Densitogram | None = None


@dataclass(frozen=True, kw_only=True)
class Plate:
    """One plate in the picture. Polylines run from left to right of the plate; None where not found."""

    corners_px: Corners
    confidence: float
    origin_px: Polyline | None
    front_px: Polyline | None
    lanes: tuple[Lane, ...]
    flags: tuple[Flag, ...] = ()
    origin_u_px: float | None = None  # standard uncertainty across the line
    front_u_px: float | None = None
    features: tuple[Feature, ...] = ()  # outside any lane


@dataclass(frozen=True, kw_only=True)
class Method:
    """Which method read the picture, so that an archive can be recomputed and compared."""

    version: str
    parameters: dict[str, float | int | str | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PlateReading:
    """Everything measured on one picture."""

    image: ImageInfo
    plates: tuple[Plate, ...]
    flags: tuple[Flag, ...]
    method: Method


@dataclass(frozen=True, kw_only=True)
class SpotHint:
    """A spot that a person set (``add``) or struck out (``remove``), at its apex in picture pixels."""

    action: Literal["add", "remove"]
    centre_px: Point


@dataclass(frozen=True, kw_only=True)
class PlateHints:
    """What a person or the plate layout says of one plate. Each given item replaces the automatic step."""

    corners_px: Corners | None = None  # in the plate's own order: the front is at the top edge
    origin_px: Polyline | None = None
    front_px: Polyline | None = None
    lane_count: int | None = None  # evidence, not a command
    lane_x_px: tuple[float, ...] | None = None  # x at the origin, in picture pixels: a command
    width_mm: float | None = None
    height_mm: float | None = None
    spots: tuple[SpotHint, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Hints:
    """Hints for the plates of one picture, in reading order (left to right, then top to bottom).

    ``up``: which side of the picture the front is towards, when a person has said it.
    """

    plates: tuple[PlateHints, ...] = ()
    up: Literal["top", "right", "bottom", "left"] | None = None
