"""What a synthetic plate picture shows: plain descriptions that ``synthetic.render`` draws.

Lengths on a plate are millimetres, x to the right from its left edge, y down from its top edge (the edge
where the front is). Angles are degrees, clockwise as seen in the picture.
"""

from dataclasses import dataclass
from typing import Literal

from .model import Illumination

Tier = Literal["scan", "phone", "hard"]
FrontMark = Literal["line", "wet", "ticks", "none"]
LaneMark = Literal["tick", "dot", "cross"]
Surround = Literal["black", "table", "paper"]
Rgb = tuple[float, float, float]

TIERS: tuple[Tier, ...] = ("scan", "phone", "hard")
ILLUMINATIONS: tuple[Illumination, ...] = ("uv254", "uv366", "visible")


@dataclass(frozen=True, kw_only=True)
class SpotSpec:
    """One band. ``strength``: its peak optical density, or emitted light relative to a white layer.

    ``colour``: how the strength is shared between R, G and B in linear light. ``tail_mm``: decay length of
    an exponential tail towards the origin; the apex stays at ``rf``. ``band_mm``: length of a sprayed band,
    0 for a spotted sample. ``flatness``: exponent of the fall from the centre, 2 for a Gaussian, more for the flat
    disc of an overloaded spot (spots without tail or band only).
    """

    rf: float
    strength: float
    colour: Rgb
    sigma_x_mm: float
    sigma_y_mm: float
    tail_mm: float = 0.0
    band_mm: float = 0.0
    flatness: float = 2.0
    fluorescent: bool = False


@dataclass(frozen=True, kw_only=True)
class LaneSpec:
    """A lane. ``drift_mm``: how far it has moved sideways by the time it meets the front."""

    x_mm: float
    spots: tuple[SpotSpec, ...] = ()
    drift_mm: float = 0.0
    residue_od: float = 0.0
    streak_od: float = 0.0
    streak_to_rf: float = 0.0
    label: str = ""
    circled: tuple[int, ...] = ()  # indices of spots with a pencil circle round them


@dataclass(frozen=True, kw_only=True)
class Writing:
    """A word in pencil, its lower left corner at (``x_mm``, ``y_mm``)."""

    text: str
    x_mm: float
    y_mm: float
    height_mm: float


@dataclass(frozen=True, kw_only=True)
class PlateSpec:
    """A plate. ``origin_mm`` is measured from the lower edge, ``front_mm`` from the upper, both at mid width.

    ``front_sag_mm``: how much lower the front is at the sides than in the middle (a dome when positive).
    ``wobble_mm``: unsteadiness of the hand that drew the lines. ``wet_od``: density of the developed layer
    over the dry one.
    """

    width_mm: float
    height_mm: float
    origin_mm: float
    front_mm: float
    lanes: tuple[LaneSpec, ...] = ()
    origin_mark: bool = True
    front_mark: FrontMark = "line"
    origin_slope_mm: float = 0.0  # right end lower than left end by this much
    front_slope_mm: float = 0.0
    front_sag_mm: float = 0.0
    wobble_mm: float = 0.05
    pencil_od: float = 0.4
    pencil_mm: float = 0.4
    ticks: bool = True
    lane_mark: LaneMark = "tick"  # what a lane's origin is marked with, when it is
    tint: Rgb = (1.0, 1.0, 1.0)  # of the layer, over that of its light
    wet_od: float = 0.04
    writing: tuple[Writing, ...] = ()
    dust: int = 0
    hairs: int = 0
    scratches: int = 0
    unevenness: float = 0.02  # relative, of the layer's brightness over centimetres
    grain: float = 0.01  # relative, of the layer's brightness over tenths of a millimetre


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a plate lies on the table: its centre, and how far it is turned."""

    plate: PlateSpec
    x_mm: float = 0.0
    y_mm: float = 0.0
    turn_deg: float = 0.0


@dataclass(frozen=True, kw_only=True)
class CameraSpec:
    """A pinhole camera over the table, looking at the point (``look_x_mm``, ``look_y_mm``).

    ``noise``: standard deviation of a pixel at full white, relative to white, in linear light.
    ``cast``: gain of the R, G and B channels. ``jpeg_quality``: None writes a PNG.
    """

    width_px: int
    height_px: int
    px_per_mm: float
    look_x_mm: float = 0.0
    look_y_mm: float = 0.0
    roll_deg: float = 0.0
    pitch_deg: float = 0.0
    yaw_deg: float = 0.0
    focal_px: float = 4000.0
    blur_px: float = 0.5
    bloom: float = 0.0
    vignetting: float = 0.0  # loss of light in the corners, relative
    slant: Rgb = (0.0, 0.0, 0.0)  # lamp: relative change across the width, the height; its share of hot centre
    cast: Rgb = (1.0, 1.0, 1.0)
    exposure: float = 1.0
    noise: float = 0.005
    jpeg_quality: int | None = None


@dataclass(frozen=True, kw_only=True)
class PictureSpec:
    """A whole picture: plates on a surround, under one light, through one camera.

    ``clutter``: how many things that are no plate lie about.
    """

    illumination: Illumination
    plates: tuple[Placement, ...]
    camera: CameraSpec
    surround: Surround = "black"
    clutter: int = 0
    tier: Tier | None = None
