"""Draws one plate, flat and in linear light: analytes as optical density or emission on a layer.

Beer's law holds where spots overlap (densities add), light adds where they fluoresce. Everything is
drawn on a grid of ``scale`` pixels per millimetre whose first pixel's centre is half a pixel inside.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from .model import FeatureKind, Illumination
from .synthetic_pencil import add_stroke, add_writing
from .synthetic_spec import LaneSpec, PlateSpec, SpotSpec, Writing

Array = NDArray[np.float32]
Line = NDArray[np.float64]

# Linear R, G, B of the bare layer, and of the lamp's visible violet that every surface throws back.
LAYER = {"uv254": (0.14, 0.52, 0.08), "uv366": (0.020, 0.017, 0.085), "visible": (0.78, 0.76, 0.72)}
LEAK = {"uv254": (0.020, 0.010, 0.045), "uv366": (0.0, 0.0, 0.0), "visible": (0.0, 0.0, 0.0)}
PALE = (0.10, 0.16, 0.22)  # what most organic matter emits under 366 nm
KNOTS = 41


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """Origin and front as drawn: y in mm at ``x_mm``, wobble of the hand included."""

    x_mm: NDArray[np.float64]
    origin_mm: NDArray[np.float64]
    front_mm: NDArray[np.float64]

    def origin(self, x: float) -> float:
        return float(np.interp(x, self.x_mm, self.origin_mm))

    def front(self, x: float) -> float:
        return float(np.interp(x, self.x_mm, self.front_mm))


@dataclass(frozen=True, kw_only=True, eq=False)
class DrawnSpot:
    """A spot's apex in mm and its own share of density and emission there, (3,) each."""

    lane: int
    spec: SpotSpec
    x_mm: float
    y_mm: float
    density: NDArray[np.float64]
    emission: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class DrawnFeature:
    """Something drawn that is not an analyte. ``lane``: index from 0, None outside the lanes."""

    kind: FeatureKind
    lane: int | None
    x_mm: float
    y_mm: float


@dataclass(eq=False)
class Layer:
    """A plate under construction: ``density`` and ``emission`` (H, W, 3); ``gain`` (H, W), the layer's unevenness."""

    plate: PlateSpec
    illumination: Illumination
    scale: float
    lines: Lines
    density: Array
    emission: Array
    gain: Array
    spots: list[DrawnSpot] = field(default_factory=list)
    features: list[DrawnFeature] = field(default_factory=list)

    def light(self) -> Array:
        """(H, W, 3) linear light leaving the plate."""
        return self._compose(self.gain[..., None], self.density, self.emission)

    def contrast(self, spot: DrawnSpot) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Linear R, G, B at the spot's apex with it and without it, (3,) each."""
        row = int(np.clip(spot.y_mm * self.scale, 0, self.density.shape[0] - 1))
        col = int(np.clip(spot.x_mm * self.scale, 0, self.density.shape[1] - 1))
        density = self.density[row, col].astype(np.float64)
        emission = self.emission[row, col].astype(np.float64)
        gain = self.gain[row, col]
        with_it = self._compose(gain, density, emission)
        without = self._compose(gain, density - spot.density, emission - spot.emission)
        return np.asarray(with_it, np.float64), np.asarray(without, np.float64)

    def _compose(self, gain: object, density: object, emission: object) -> Array:
        layer = np.asarray(LAYER[self.illumination], np.float32) * np.asarray(self.plate.tint, np.float32)
        leak = np.asarray(LEAK[self.illumination], np.float32)
        lit = layer * np.asarray(gain) * np.power(np.float32(10), -np.asarray(density))
        return np.asarray(lit + leak + np.asarray(emission), np.float32)


def draw_plate(plate: PlateSpec, *, illumination: Illumination, scale: float, rng: np.random.Generator) -> Layer:
    """The plate at ``scale`` pixels per mm, with everything the specification names."""
    height, width = round(plate.height_mm * scale), round(plate.width_mm * scale)
    layer = Layer(
        plate=plate,
        illumination=illumination,
        scale=scale,
        lines=draw_lines(plate, rng),
        density=np.zeros((height, width, 3), np.float32),
        emission=np.zeros((height, width, 3), np.float32),
        gain=_texture(plate, height, width, scale, rng),
    )
    _wet(layer)
    for index, lane in enumerate(plate.lanes):
        _draw_lane(layer, index, lane, rng)
    _draw_pencil(layer, rng)
    _draw_dirt(layer, rng)
    return layer


def draw_lines(plate: PlateSpec, rng: np.random.Generator) -> Lines:
    """Origin and front over the plate's width, with the wobble of whoever drew them."""
    x = np.linspace(0, plate.width_mm, KNOTS)
    across = x / plate.width_mm - 0.5
    origin = plate.height_mm - plate.origin_mm + plate.origin_slope_mm * across
    front = plate.front_mm + plate.front_slope_mm * across + plate.front_sag_mm * (2 * across) ** 2
    wobble = plate.wobble_mm
    steady = 0.0 if plate.front_mark == "ticks" else wobble
    return Lines(x_mm=x, origin_mm=origin + wobble * _smooth(KNOTS, rng), front_mm=front + steady * _smooth(KNOTS, rng))


def lane_point(lines: Lines, lane: LaneSpec, rf: float) -> tuple[float, float]:
    """Where ``rf`` lies on a lane, in mm: on the chord from its origin to where it meets the front."""
    foot = (lane.x_mm, lines.origin(lane.x_mm))
    head_x = lane.x_mm + lane.drift_mm
    head = (head_x, lines.front(head_x))
    return foot[0] + rf * (head[0] - foot[0]), foot[1] + rf * (head[1] - foot[1])


def _smooth(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    kernel = np.hanning(9)
    values = np.convolve(rng.standard_normal(n + 8), kernel / np.sqrt((kernel**2).sum()), mode="valid")
    return np.asarray(values - values.mean(), np.float64)


def _texture(plate: PlateSpec, height: int, width: int, scale: float, rng: np.random.Generator) -> Array:
    def cloud(pitch_mm: float) -> Array:
        cells = (max(2, round(plate.height_mm / pitch_mm)) + 3, max(2, round(plate.width_mm / pitch_mm)) + 3)
        noise = rng.standard_normal(cells).astype(np.float32)
        return np.asarray(cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)

    grain_mm = max(0.25, 1.5 / scale)
    return np.asarray(1 + plate.unevenness * cloud(18.0) + plate.grain * cloud(grain_mm), np.float32)


def _axes(layer: Layer) -> tuple[Line, Line]:
    height, width = layer.gain.shape
    x = np.asarray((np.arange(width) + 0.5) / layer.scale, np.float64)
    return x, np.asarray((np.arange(height) + 0.5) / layer.scale, np.float64)


def _wet(layer: Layer) -> None:
    plate = layer.plate
    x, y = _axes(layer)
    depth = y[:, None] - np.interp(x, layer.lines.x_mm, layer.lines.front_mm)[None, :]
    if plate.wet_od:
        layer.density += (plate.wet_od / (1 + np.exp(-np.clip(depth / 0.2, -40, 40))))[..., None].astype(np.float32)
    if plate.front_mark == "wet":
        # What the solvent washed out of the layer gathers in a ridge at its front.
        ridge = np.exp(-0.5 * ((depth - 0.2) / 0.3) ** 2)[..., None].astype(np.float32)
        if layer.illumination == "uv366":
            layer.emission += ridge * np.asarray((0.03, 0.04, 0.09), np.float32)
        else:
            layer.density += 0.10 * ridge


def _shape(spot: SpotSpec, x: Line, y: Line) -> NDArray[np.float64]:
    """(H, W) the band over the plate, 1 at its apex; ``x``, ``y`` in mm from there."""
    if spot.flatness == 2 or spot.tail_mm or spot.band_mm:
        return np.outer(_profile_y(spot, y), _profile_x(spot, x))
    away = np.hypot((y / spot.sigma_y_mm)[:, None], (x / spot.sigma_x_mm)[None, :])
    return np.asarray(np.exp(-0.5 * away**spot.flatness))


def _profile_y(spot: SpotSpec, y: Line) -> Line:
    """The band along its lane, 1 at the apex: a Gaussian convolved with a one-sided exponential tail."""
    if spot.tail_mm <= 0:
        return np.asarray(np.exp(-0.5 * (y / spot.sigma_y_mm) ** 2))
    fine = np.arange(-5 * spot.sigma_y_mm, 5 * spot.sigma_y_mm + 8 * spot.tail_mm, spot.sigma_y_mm / 40)
    step = spot.sigma_y_mm / 40
    tail = np.exp(-np.arange(0, 8 * spot.tail_mm, step) / spot.tail_mm)
    curve = np.convolve(np.exp(-0.5 * (fine / spot.sigma_y_mm) ** 2), tail)[: len(fine)]
    mode = fine[int(np.argmax(curve))]
    return np.asarray(np.interp(y + mode, fine, curve / curve.max(), left=0.0, right=0.0))


def _profile_x(spot: SpotSpec, x: Line) -> Line:
    away = np.maximum(np.abs(x) - spot.band_mm / 2, 0.0)
    return np.asarray(np.exp(-0.5 * (away / spot.sigma_x_mm) ** 2))


def _draw_spot(layer: Layer, index: int, lane: LaneSpec, spot: SpotSpec) -> None:
    cx, cy = lane_point(layer.lines, lane, spot.rf)
    x, y = _axes(layer)
    shape = _shape(spot, x - cx, y - cy)[..., None] * spot.strength
    colour = np.asarray(spot.colour, np.float64)
    target = layer.emission if spot.fluorescent else layer.density
    target += (shape * colour).astype(np.float32)
    own, none = spot.strength * colour, np.zeros(3)
    layer.spots.append(
        DrawnSpot(
            lane=index,
            spec=spot,
            x_mm=cx,
            y_mm=cy,
            density=none if spot.fluorescent else own,
            emission=own if spot.fluorescent else none,
        )
    )


def _draw_lane(layer: Layer, index: int, lane: LaneSpec, rng: np.random.Generator) -> None:
    for spot in lane.spots:
        _draw_spot(layer, index, lane, spot)
    if lane.residue_od:
        cx, cy = lane_point(layer.lines, lane, 0.0)
        _blot(layer, cx, cy, 0.9, lane.residue_od)
        layer.features.append(DrawnFeature(kind=FeatureKind.ORIGIN_RESIDUE, lane=index, x_mm=cx, y_mm=cy))
    if lane.streak_od:
        _streak(layer, lane, rng)
        cx, cy = lane_point(layer.lines, lane, lane.streak_to_rf / 2)
        layer.features.append(DrawnFeature(kind=FeatureKind.STREAK, lane=index, x_mm=cx, y_mm=cy))


def _deposit(layer: Layer, amount: NDArray[np.float64]) -> None:
    """Adds ``amount`` (H, W) as density, or as pale emission where the layer itself is dark."""
    if layer.illumination == "uv366":
        layer.emission += amount[..., None].astype(np.float32) * np.asarray(PALE, np.float32)
    else:
        layer.density += amount[..., None].astype(np.float32)


def _blot(layer: Layer, cx: float, cy: float, sigma_mm: float, amount: float) -> None:
    x, y = _axes(layer)
    shape = np.exp(-0.5 * (((y - cy) / sigma_mm) ** 2)[:, None] - 0.5 * (((x - cx) / sigma_mm) ** 2)[None, :])
    _deposit(layer, amount * shape)


def _streak(layer: Layer, lane: LaneSpec, rng: np.random.Generator) -> None:
    x, y = _axes(layer)
    foot_x, foot_y = lane_point(layer.lines, lane, 0.0)
    head_x, head_y = lane_point(layer.lines, lane, lane.streak_to_rf)
    share = (foot_y - y) / (foot_y - head_y)
    centre = foot_x + share * (head_x - foot_x)
    ends = 1 / (1 + np.exp(-np.clip(share / 0.03, -40, 40))) / (1 + np.exp(np.clip((share - 1) / 0.10, -40, 40)))
    slope = 1 - rng.uniform(0.2, 0.7) * np.clip(share, 0, 1)
    across = np.exp(-0.5 * ((x[None, :] - centre[:, None]) / 1.3) ** 2)
    _deposit(layer, lane.streak_od * (ends * slope)[:, None] * across)


def _draw_pencil(layer: Layer, rng: np.random.Generator) -> None:
    plate, lines = layer.plate, layer.lines
    inset = plate.width_mm * 0.02
    keep = (lines.x_mm >= inset) & (lines.x_mm <= plate.width_mm - inset)
    if plate.origin_mark:
        _pencil(layer, lines.x_mm[keep], lines.origin_mm[keep], rng)
    if plate.front_mark == "line":
        _pencil(layer, lines.x_mm[keep], lines.front_mm[keep], rng)
    if plate.front_mark == "ticks":
        for at in (0.03, 0.91):
            x = plate.width_mm * np.linspace(at, at + 0.06, 5)
            _pencil(layer, x, np.interp(x, lines.x_mm, lines.front_mm), rng)
    for index, lane in enumerate(plate.lanes):
        if plate.ticks:
            _mark(layer, lane.x_mm, lines.origin(lane.x_mm), rng)
        for number in lane.circled:
            _circle(layer, index, lane, lane.spots[number], rng)
    for word in plate.writing:
        _write(layer, word, rng)


def _pencil(layer: Layer, x_mm: Line, y_mm: Line, rng: np.random.Generator) -> None:
    plate = layer.plate
    add_stroke(layer.density, x_mm, y_mm, scale=layer.scale, width_mm=plate.pencil_mm, od=plate.pencil_od, rng=rng)


def _mark(layer: Layer, x_mm: float, y_mm: float, rng: np.random.Generator) -> None:
    """What shows where a lane starts: a tick across the origin, a cross or a dot on it."""
    kind = layer.plate.lane_mark
    strokes = {
        "tick": [((0.0, -1.4), (0.0, 1.4))],
        "cross": [((-0.9, -0.9), (0.9, 0.9)), ((-0.9, 0.9), (0.9, -0.9))],
        "dot": [((-0.2, 0.0), (0.2, 0.0)), ((0.0, -0.2), (0.0, 0.2))],
    }[kind]
    for (x0, y0), (x1, y1) in strokes:
        jitter = rng.normal(0, 0.15 if kind == "tick" else 0.05, 2)
        _pencil(layer, x_mm + jitter + np.array([x0, x1]), y_mm + np.array([y0, y1]), rng)


def _write(layer: Layer, word: Writing, rng: np.random.Generator) -> None:
    plate = layer.plate
    add_writing(layer.density, word, scale=layer.scale, width_mm=plate.pencil_mm, od=plate.pencil_od, rng=rng)
    x_mm = word.x_mm + 0.4 * word.height_mm * len(word.text)
    y_mm = word.y_mm - word.height_mm / 2
    layer.features.append(DrawnFeature(kind=FeatureKind.HANDWRITING, lane=None, x_mm=x_mm, y_mm=y_mm))


def _circle(layer: Layer, index: int, lane: LaneSpec, spot: SpotSpec, rng: np.random.Generator) -> None:
    cx, cy = lane_point(layer.lines, lane, spot.rf)
    turn = np.linspace(0, 2 * np.pi * rng.uniform(0.95, 1.06), 60)
    wobble = 1 + 0.04 * np.interp(turn, np.linspace(0, 7, 9), rng.standard_normal(9))
    radius_x = (2.4 * spot.sigma_x_mm + spot.band_mm / 2 + 0.5) * wobble
    radius_y = (2.4 * spot.sigma_y_mm + 0.5) * wobble
    off_x, off_y = rng.normal(0, 0.25, 2)
    _pencil(layer, cx + off_x + radius_x * np.cos(turn), cy + off_y + radius_y * np.sin(turn), rng)
    layer.features.append(DrawnFeature(kind=FeatureKind.CIRCLE, lane=index, x_mm=cx, y_mm=cy))


def _draw_dirt(layer: Layer, rng: np.random.Generator) -> None:
    plate = layer.plate
    for _ in range(plate.dust):
        cx, cy = rng.uniform(2, plate.width_mm - 2), rng.uniform(2, plate.height_mm - 2)
        _blot(layer, cx, cy, rng.uniform(0.08, 0.22), rng.uniform(0.2, 0.8))
        layer.features.append(DrawnFeature(kind=FeatureKind.DUST, lane=None, x_mm=cx, y_mm=cy))
    for kind, count in ((FeatureKind.DUST, plate.hairs), (FeatureKind.SCRATCH, plate.scratches)):
        for _ in range(count):
            _fibre(layer, kind, rng)


def _fibre(layer: Layer, kind: FeatureKind, rng: np.random.Generator) -> None:
    """A hair (bent) or a scratch (straight, wider); either glows under 366 nm and is dark otherwise."""
    plate = layer.plate
    hair = kind is FeatureKind.DUST
    length_mm, bend = rng.uniform(5, 18), (rng.uniform(-0.4, 0.4) if hair else 0.0)
    heading = rng.uniform(0, np.pi) + bend * np.linspace(0, 3, 30)
    start = rng.uniform(0.1, 0.8, 2) * (plate.width_mm, plate.height_mm)
    x = start[0] + np.cumsum(np.cos(heading)) * length_mm / 30
    y = start[1] + np.cumsum(np.sin(heading)) * length_mm / 30
    width_mm = rng.uniform(0.08, 0.15) if hair else rng.uniform(0.15, 0.3)
    glows = layer.illumination == "uv366"
    target = layer.emission if glows else layer.density
    od = rng.uniform(0.3, 0.7) * (np.asarray(PALE) if glows else np.ones(3))
    add_stroke(target, x, y, scale=layer.scale, width_mm=width_mm, od=od, rng=rng)
    layer.features.append(DrawnFeature(kind=kind, lane=None, x_mm=float(x[15]), y_mm=float(y[15])))
