"""Invents plate pictures of three tiers: flat scans, phone photographs, and what goes wrong on both.

The tiers follow what was seen on real plates: spots of 3 to 8 mm, quench and fluorescence, pencil lines and
labels, domed fronts, tailing, residues, cropped and rotated strips.
"""

from dataclasses import replace

import numpy as np

from .model import Illumination
from .synthetic_spec import (
    ILLUMINATIONS,
    TIERS,
    CameraSpec,
    FrontMark,
    LaneMark,
    LaneSpec,
    PictureSpec,
    Placement,
    PlateSpec,
    Rgb,
    SpotSpec,
    Surround,
    Tier,
    Writing,
)

STAINS: tuple[Rgb, ...] = (
    (0.25, 0.9, 1.0),  # orange to brown
    (1.0, 0.75, 0.35),  # blue
    (0.45, 1.0, 0.55),  # violet
    (0.2, 1.0, 0.75),  # red
    (0.1, 0.25, 1.0),  # yellow
    (0.9, 0.95, 1.0),  # grey
    (1.0, 0.5, 0.75),  # green
)
GLOWS: tuple[Rgb, ...] = (
    (0.25, 0.55, 1.0),  # blue
    (0.2, 0.9, 0.95),  # cyan
    (1.0, 0.55, 0.1),  # orange
    (0.65, 1.0, 0.3),  # yellow-green
    (0.85, 0.9, 1.0),  # white
    (1.0, 0.2, 0.2),  # red
)
SIZES_MM = ((50.0, 100.0), (100.0, 100.0), (50.0, 75.0), (40.0, 80.0), (67.0, 100.0))
LABELS = ("1", "2", "3", "4", "5", "S", "R", "MDMA", "Ket", "Coc", "A", "B", "Co")
TITLES = ("TA 12.03", "syst. A", "n 14", "CCM 3", "KMnO4", "MeOH", "B-17")


def random_spec(tier: Tier, illumination: Illumination, seed: int, *, megapixels: float | None = None) -> PictureSpec:
    """A picture of that tier. ``megapixels`` sets the size of a phone picture (4:3); default about 1.9."""
    rng = np.random.default_rng([seed, TIERS.index(tier), ILLUMINATIONS.index(illumination)])
    plates = [_plate(rng, tier, illumination) for _ in range(_how_many(rng, tier))]
    if tier == "scan":
        return _scan(rng, illumination, plates[0])
    return _phone(rng, tier, illumination, _side_by_side(rng, plates), megapixels)


def blank_spec(tier: Tier, illumination: Illumination, seed: int) -> PictureSpec:
    """As :func:`random_spec`, but nothing was applied or nothing developed: lines and dirt, no analyte."""
    spec = random_spec(tier, illumination, seed)
    bare = tuple(replace(p, plate=replace(p.plate, lanes=tuple(map(_emptied, p.plate.lanes)))) for p in spec.plates)
    return replace(spec, plates=bare)


def no_plate_spec(illumination: Illumination, seed: int) -> PictureSpec:
    """A photograph of a table with things on it, none of them a plate."""
    rng = np.random.default_rng([seed, len(TIERS), ILLUMINATIONS.index(illumination)])
    spec = random_spec("phone", illumination, seed)
    return replace(spec, plates=(), clutter=int(rng.integers(0, 7)), tier=None)


def _emptied(lane: LaneSpec) -> LaneSpec:
    return replace(lane, spots=(), circled=(), residue_od=0.0, streak_od=0.0)


def _how_many(rng: np.random.Generator, tier: Tier) -> int:
    return int(rng.choice([1, 2, 3], p=[0.75, 0.15, 0.10])) if tier == "hard" else 1


def _plate(rng: np.random.Generator, tier: Tier, illumination: Illumination) -> PlateSpec:
    width, height = SIZES_MM[rng.integers(len(SIZES_MM))]
    hard, phone = tier == "hard", tier != "scan"
    front_mark = _front_mark(rng, tier)
    # Two ticks at the edges say nothing of a dome between them: whoever makes them has a straight front.
    dome = hard and front_mark != "ticks" and rng.random() < 0.6
    plate = PlateSpec(
        width_mm=width,
        height_mm=height,
        origin_mm=rng.uniform(8, 14),
        front_mm=rng.uniform(5, 0.16 * height),
        front_mark=front_mark,
        origin_slope_mm=rng.normal(0, 0.7 if hard else 0.25),
        front_slope_mm=rng.normal(0, 1.2 if hard else 0.3),
        front_sag_mm=rng.uniform(1.0, 0.06 * height) if dome else 0.0,
        wobble_mm=0.12 if hard else 0.05,
        pencil_od=rng.uniform(0.18, 0.5) if phone else rng.uniform(0.3, 0.6),
        pencil_mm=rng.uniform(0.3, 0.55),
        ticks=rng.random() < (0.7 if hard else 0.85),
        lane_mark=_lane_mark(rng),
        tint=_layer_tint(rng, illumination),
        wet_od=rng.uniform(0.0, 0.06),
        dust=int(rng.poisson(6 if hard else 1)),
        hairs=int(rng.poisson(1.0)) if hard else 0,
        scratches=int(rng.poisson(0.6)) if hard else 0,
        unevenness=rng.uniform(0.01, 0.05 if hard else 0.03),
        grain=rng.uniform(0.004, 0.015),
    )
    if plate.front_mark == "wet":
        plate = replace(plate, wet_od=rng.uniform(0.05, 0.10))
    plate = replace(plate, lanes=_lanes(rng, tier, illumination, plate))
    return _labelled(rng, tier, plate)


def _front_mark(rng: np.random.Generator, tier: Tier) -> FrontMark:
    marks: tuple[FrontMark, ...] = ("line", "wet", "ticks", "none")
    odds = {"scan": (0.75, 0.15, 0.10, 0.0), "phone": (0.65, 0.2, 0.15, 0.0), "hard": (0.5, 0.3, 0.1, 0.1)}[tier]
    return marks[int(rng.choice(4, p=odds))]


def _lane_mark(rng: np.random.Generator) -> LaneMark:
    marks: tuple[LaneMark, ...] = ("tick", "dot", "cross")
    return marks[int(rng.choice(3, p=(0.7, 0.15, 0.15)))]


def _layer_tint(rng: np.random.Generator, illumination: Illumination) -> Rgb:
    """Makes and cameras differ: yellowish to bluish green, near black to violet, white to beige."""
    spread = {"uv254": (0.45, 0.15, 0.6), "uv366": (0.4, 0.4, 0.4), "visible": (0.05, 0.05, 0.10)}[illumination]
    red, green, blue = np.exp(rng.normal(0, spread))
    return min(float(red), 2.5), min(float(green), 1.5), min(float(blue), 2.5)


def _lanes(rng: np.random.Generator, tier: Tier, illumination: Illumination, plate: PlateSpec) -> tuple[LaneSpec, ...]:
    hard = tier == "hard"
    most = int(np.clip((plate.width_mm - 14) // 9, 2, 8 if hard else 6 if tier == "phone" else 5))
    count = int(rng.integers(2, most + 1))
    margin = max(7.0, 0.11 * plate.width_mm)
    x = np.linspace(margin, plate.width_mm - margin, count)
    pitch = float(x[1] - x[0])
    x = x + rng.normal(0, (0.06 if hard else 0.02) * pitch, count)
    empty = rng.random(count) < (0.12 if hard else 0.05)
    empty[rng.integers(count)] = False
    lean = rng.normal(0, 1.2) if hard and rng.random() < 0.5 else 0.0
    return tuple(
        _lane(rng, tier, illumination, plate, x_mm=float(x[i]), pitch_mm=pitch, drift_mm=lean, empty=bool(empty[i]))
        for i in range(count)
    )


def _lane(
    rng: np.random.Generator,
    tier: Tier,
    illumination: Illumination,
    plate: PlateSpec,
    *,
    x_mm: float,
    pitch_mm: float,
    drift_mm: float,
    empty: bool,
) -> LaneSpec:
    hard = tier == "hard"
    streak = hard and not empty and rng.random() < 0.06
    spots = () if empty or streak else _spots(rng, tier, illumination, plate, pitch_mm)
    circle_all = hard and rng.random() < 0.2
    return LaneSpec(
        x_mm=x_mm,
        spots=spots,
        drift_mm=drift_mm + (rng.normal(0, 0.4) if hard else 0.0),
        residue_od=rng.uniform(0.15, 0.7) if hard and not empty and rng.random() < 0.3 else 0.0,
        streak_od=rng.uniform(0.15, 0.4) if streak else 0.0,
        streak_to_rf=rng.uniform(0.4, 0.9) if streak else 0.0,
        circled=tuple(i for i in range(len(spots)) if circle_all),
    )


def _spots(
    rng: np.random.Generator, tier: Tier, illumination: Illumination, plate: PlateSpec, pitch_mm: float
) -> tuple[SpotSpec, ...]:
    run_mm = plate.height_mm - plate.origin_mm - plate.front_mm
    most = {"scan": 3, "phone": 4, "hard": 5}[tier]
    gap = 1.25 if tier == "hard" and rng.random() < 0.3 else 3.0 if tier == "scan" else 2.2
    low, high = (0.08, 0.95) if tier == "hard" else (0.12, 0.90)
    spots: list[SpotSpec] = []
    for _ in range(int(rng.integers(1, most + 1))):
        spot = _spot(rng, tier, illumination, rf=rng.uniform(low, high), pitch_mm=pitch_mm, run_mm=run_mm)
        if all(_apart(spot, other, run_mm) > gap for other in spots):
            spots.append(spot)
    return tuple(sorted(spots, key=lambda s: s.rf))


def _apart(one: SpotSpec, other: SpotSpec, run_mm: float) -> float:
    reach = one.sigma_y_mm + other.sigma_y_mm + max(one.tail_mm, other.tail_mm)
    return abs(one.rf - other.rf) * run_mm / reach


def _spot(
    rng: np.random.Generator, tier: Tier, illumination: Illumination, *, rf: float, pitch_mm: float, run_mm: float
) -> SpotSpec:
    # A band widens as it travels; a lane's neighbours limit how wide it may be.
    grown = (0.7 + 0.6 * rf) * rng.uniform(0.8, 1.25)
    sigma_y = float(np.clip(1.2 * grown, 0.5, 0.03 * run_mm))
    sigma_x = float(np.clip(sigma_y * rng.uniform(0.9, 1.6), 0.5, pitch_mm / 5.5))
    band = min(0.35 * pitch_mm, 8.0) if rng.random() < 0.12 else 0.0
    if band:
        sigma_x = min(sigma_x, 0.5)
    strength, colour, glows = _tint(rng, tier, illumination)
    tailing = tier == "hard" and rng.random() < 0.3
    return SpotSpec(
        rf=float(rf),
        strength=strength,
        colour=colour,
        sigma_x_mm=sigma_x,
        sigma_y_mm=sigma_y,
        tail_mm=sigma_y * rng.uniform(0.6, 1.6) if tailing else 0.0,
        band_mm=band,
        flatness=float(rng.uniform(2.5, 5.0)) if rng.random() < 0.25 else 2.0,
        fluorescent=glows,
    )


def _tint(rng: np.random.Generator, tier: Tier, illumination: Illumination) -> tuple[float, Rgb, bool]:
    """Peak strength, colour and whether it glows. The weakest are still seen by eye, in tier hard barely."""
    weakest = {"scan": 0.16, "phone": 0.14, "hard": 0.08}[tier]
    od = float(np.exp(rng.uniform(np.log(weakest), np.log(0.9))))
    if illumination == "visible":
        return od, STAINS[rng.integers(len(STAINS))], False
    glows = rng.random() < (0.12 if illumination == "uv254" else 0.92)
    if not glows:
        return max(od, 0.25), (0.85, 1.0, 0.6), False
    brightest = 0.5 if illumination == "uv254" else 0.8
    floor = 2.0 * weakest if illumination == "uv254" else 0.5 * weakest
    return float(np.exp(rng.uniform(np.log(floor), np.log(brightest)))), GLOWS[rng.integers(len(GLOWS))], True


def _labelled(rng: np.random.Generator, tier: Tier, plate: PlateSpec) -> PlateSpec:
    words: list[Writing] = []
    lanes = plate.lanes
    if rng.random() < {"scan": 0.3, "phone": 0.5, "hard": 0.8}[tier]:
        texts = [str(rng.integers(1, 10)) if tier == "scan" else LABELS[rng.integers(len(LABELS))] for _ in lanes]
        lanes = tuple(replace(lane, label=text) for lane, text in zip(lanes, texts, strict=True))
        words += [_under(plate, lane) for lane in lanes]
    if tier == "hard" and rng.random() < 0.4 and plate.front_mm > 6:
        tall = min(3.5, 0.5 * plate.front_mm)
        text = TITLES[rng.integers(len(TITLES))]
        words.append(Writing(text=text, x_mm=3.0, y_mm=plate.front_mm - 1.5, height_mm=tall))
    return replace(plate, lanes=lanes, writing=tuple(words))


def _under(plate: PlateSpec, lane: LaneSpec) -> Writing:
    """A lane's label, centred below its origin."""
    tall = min(3.5, 0.33 * plate.origin_mm)
    left_mm = lane.x_mm - 0.4 * tall * len(lane.label)
    foot_mm = plate.height_mm - 0.5 * plate.origin_mm + 0.7 * tall
    return Writing(text=lane.label, x_mm=left_mm, y_mm=foot_mm, height_mm=tall)


def _side_by_side(rng: np.random.Generator, plates: list[PlateSpec]) -> tuple[Placement, ...]:
    gap = float(rng.uniform(2, 15))
    total = sum(p.width_mm for p in plates) + gap * (len(plates) - 1)
    left, placed = -total / 2, []
    for plate in plates:
        turn = 0.0 if len(plates) == 1 else float(rng.normal(0, 1.5))
        y = 0.0 if len(plates) == 1 else float(rng.normal(0, 3))
        placed.append(Placement(plate=plate, x_mm=left + plate.width_mm / 2, y_mm=y, turn_deg=turn))
        left += plate.width_mm + gap
    return tuple(placed)


def _scan(rng: np.random.Generator, illumination: Illumination, plate: PlateSpec) -> PictureSpec:
    px_per_mm = float(rng.uniform(7, 13))
    margin_mm = 0.0 if rng.random() < 0.5 else float(rng.uniform(3, 12))
    camera = CameraSpec(
        width_px=round((plate.width_mm + 2 * margin_mm) * px_per_mm),
        height_px=round((plate.height_mm + 2 * margin_mm) * px_per_mm),
        px_per_mm=px_per_mm,
        roll_deg=float(rng.normal(0, 0.4)) if margin_mm else 0.0,
        blur_px=float(rng.uniform(0.4, 0.9)),
        noise=float(rng.uniform(0.004, 0.012)),
        exposure=float(rng.uniform(0.9, 1.15)),
        slant=(float(rng.normal(0, 0.04)), float(rng.normal(0, 0.04)), 0.0),
        jpeg_quality=int(rng.integers(88, 97)) if rng.random() < 0.5 else None,
    )
    surrounds: tuple[Surround, ...] = ("black", "table")
    surround = surrounds[rng.integers(2)]
    return PictureSpec(
        illumination=illumination, plates=(Placement(plate=plate),), camera=camera, surround=surround, tier="scan"
    )


def _phone(
    rng: np.random.Generator,
    tier: Tier,
    illumination: Illumination,
    plates: tuple[Placement, ...],
    megapixels: float | None,
) -> PictureSpec:
    hard = tier == "hard"
    long_px = round(np.sqrt((megapixels or 1.92) * 1e6 * 4 / 3))
    width_px, height_px = round(long_px * 0.75), long_px
    wide = max(p.x_mm + p.plate.width_mm / 2 for p in plates) * 2
    tall = max(p.plate.height_mm for p in plates)
    if wide > tall * 1.1:
        width_px, height_px = height_px, width_px
    roll = float(rng.normal(0, 6))
    quarter = int(rng.choice([0, 90, 180, 270], p=[0.7, 0.1, 0.1, 0.1])) if hard else 0
    if quarter in (90, 270):
        width_px, height_px = height_px, width_px
    across, along = (wide, tall) if quarter in (0, 180) else (tall, wide)
    fill = rng.uniform(0.55, 0.85)
    px_per_mm = float(fill * min(width_px / across, height_px / along))
    cut = hard and rng.random() < 0.12
    room = 0.5 * (1 / fill - 1) * 0.5
    camera = CameraSpec(
        width_px=width_px,
        height_px=height_px,
        px_per_mm=px_per_mm,
        look_x_mm=float(rng.uniform(-room, room)) * wide + (rng.choice([-1, 1]) * 0.32 * wide / fill if cut else 0.0),
        look_y_mm=float(rng.uniform(-room, room)) * tall,
        roll_deg=roll + quarter,
        pitch_deg=float(rng.normal(0, 9)),
        yaw_deg=float(rng.normal(0, 7)),
        focal_px=float(rng.uniform(0.8, 1.2)) * long_px,
        blur_px=float(rng.uniform(0.6, 1.6)) * long_px / 1600,
        bloom=float(rng.uniform(0.0, 0.06)),
        vignetting=float(rng.uniform(0.05, 0.35)),
        slant=(float(rng.normal(0, 0.15)), float(rng.normal(0, 0.15)), float(rng.uniform(0, 0.3))),
        cast=_cast(rng),
        exposure=float(rng.uniform(0.75, 1.25)),
        noise=float(rng.uniform(0.010, 0.035)),
        jpeg_quality=int(rng.integers(70, 94)),
    )
    surrounds: tuple[Surround, ...] = ("black", "table", "paper")
    surround = surrounds[int(rng.choice(3, p=[0.45, 0.35, 0.2]))]
    return PictureSpec(illumination=illumination, plates=plates, camera=camera, surround=surround, tier=tier)


def _cast(rng: np.random.Generator) -> Rgb:
    red, blue = np.exp(rng.normal(0, 0.10, 2))
    return float(red), 1.0, float(blue)
