"""A reading as ``plate-reading/1`` JSON and back. Every key of the contract is always there."""

from typing import Any, Literal, cast, get_args

from .errors import ReadingFormatError
from .json_fields import (
    items,
    member,
    number,
    numbers,
    optional_number,
    optional_point,
    point,
    points,
    text,
    true_or_false,
    whole,
)
from .model import (
    SCHEMA,
    Candidate,
    Corners,
    Densitogram,
    Feature,
    FeatureKind,
    Flag,
    Illumination,
    ImageInfo,
    Lane,
    Method,
    Plate,
    PlateReading,
    Point,
    Polyline,
    Spot,
)

Json = dict[str, Any]
ILLUMINATIONS = get_args(Illumination)
FEATURE_KINDS = frozenset(kind.value for kind in FeatureKind)
FLAGS = frozenset(flag.value for flag in Flag)


def to_json(reading: PlateReading) -> Json:
    """The reading as plain dicts, lists, numbers and strings."""
    image = reading.image
    return {
        "schema": SCHEMA,
        "image": {
            "sha256": image.sha256,
            "width_px": image.width_px,
            "height_px": image.height_px,
            "illumination": image.illumination,
            "illumination_inferred": image.illumination_inferred,
        },
        "plates": [_plate(plate) for plate in reading.plates],
        "flags": [flag.value for flag in reading.flags],
        "method": {"version": reading.method.version, "parameters": dict(reading.method.parameters)},
    }


def _plate(plate: Plate) -> Json:
    return {
        "corners_px": [list(corner) for corner in plate.corners_px],
        "confidence": plate.confidence,
        "origin_px": _points(plate.origin_px),
        "front_px": _points(plate.front_px),
        "origin_u_px": plate.origin_u_px,
        "front_u_px": plate.front_u_px,
        "lanes": [_lane(lane) for lane in plate.lanes],
        "features": [_feature(feature) for feature in plate.features],
        "flags": [flag.value for flag in plate.flags],
    }


def _lane(lane: Lane) -> Json:
    return {
        "index": lane.index,
        "x_px": lane.x_px,
        "spots": [_spot(spot) for spot in lane.spots],
        "features": [_feature(feature) for feature in lane.features],
        "origin_px": _point(lane.origin_px),
        "front_px": _point(lane.front_px),
        "width_px": lane.width_px,
        "densitogram": None if lane.densitogram is None else _densitogram(lane.densitogram),
    }


def _spot(spot: Spot) -> Json:
    return {
        "rf": spot.rf,
        "rf_u": spot.rf_u,
        "rf_centroid": spot.rf_centroid,
        "migration_px": spot.migration_px,
        "centre_px": list(spot.centre_px),
        "width_px": spot.width_px,
        "height_px": spot.height_px,
        "snr": spot.snr,
        "asymmetry": spot.asymmetry,
        "volume": spot.volume,
        "colour_lab": list(spot.colour_lab),
        "flags": [flag.value for flag in spot.flags],
        "candidates": [
            {"substance": c.substance, "probability": c.probability, "in_set": c.in_set} for c in spot.candidates
        ],
    }


def _feature(feature: Feature) -> Json:
    return {"kind": feature.kind.value, "centre_px": list(feature.centre_px)}


def _densitogram(profile: Densitogram) -> Json:
    return {
        "position": list(profile.position),
        "position_unit": profile.position_unit,
        "signal": list(profile.signal),
        "baseline": list(profile.baseline),
    }


def _point(point: Point | None) -> list[float] | None:
    return None if point is None else list(point)


def _points(line: Polyline | None) -> list[list[float]] | None:
    return None if line is None else [list(point) for point in line]


def from_json(data: Json) -> PlateReading:
    """The reading behind its JSON; keys beyond the contract may be missing.

    Raises :class:`ReadingFormatError`, which names what is wrong.
    """
    schema = member(data, "schema")
    if schema != SCHEMA:
        raise ReadingFormatError(f"This is not a {SCHEMA} document but {schema!r}.")
    method = member(data, "method")
    return PlateReading(
        image=_read_image(member(data, "image")),
        plates=tuple(_read_plate(plate) for plate in items(data, "plates")),
        flags=_read_flags(data),
        method=Method(version=text(method, "version"), parameters=_read_parameters(method)),
    )


def _read_image(data: Json) -> ImageInfo:
    return ImageInfo(
        sha256=text(data, "sha256"),
        width_px=whole(data, "width_px"),
        height_px=whole(data, "height_px"),
        illumination=_read_illumination(text(data, "illumination")),
        illumination_inferred=true_or_false(data, "illumination_inferred"),
    )


def _read_illumination(word: str) -> Illumination:
    if word not in ILLUMINATIONS:
        raise ReadingFormatError(f"This reading cannot be understood: “{word}” is no illumination.")
    return cast("Illumination", word)


def _read_parameters(method: Json) -> Json:
    parameters = member(method, "parameters")
    if not isinstance(parameters, dict):
        raise ReadingFormatError("This reading cannot be understood: “parameters” must be an object.")
    return dict(parameters)


def _read_plate(data: Json) -> Plate:
    return Plate(
        corners_px=_read_corners(data),
        confidence=number(data, "confidence"),
        origin_px=_read_line(data, "origin_px"),
        front_px=_read_line(data, "front_px"),
        lanes=tuple(_read_lane(lane) for lane in items(data, "lanes")),
        flags=_read_flags(data),
        origin_u_px=optional_number(data, "origin_u_px"),
        front_u_px=optional_number(data, "front_u_px"),
        features=tuple(_read_feature(feature) for feature in items({"features": [], **data}, "features")),
    )


def _read_lane(data: Json) -> Lane:
    index = whole(data, "index")
    profile = data.get("densitogram")
    return Lane(
        index=index,
        x_px=number(data, "x_px"),
        spots=tuple(_read_spot(spot) for spot in items(data, "spots")),
        features=tuple(_read_feature(feature) for feature in items(data, "features")),
        origin_px=optional_point(data, "origin_px"),
        front_px=optional_point(data, "front_px"),
        width_px=optional_number(data, "width_px"),
        densitogram=None if profile is None else _read_densitogram(profile),
    )


def _read_spot(data: Json) -> Spot:
    lightness, a, b = numbers(data, "colour_lab", count=3)
    return Spot(
        rf=_given_number(data, "rf"),
        rf_u=_given_number(data, "rf_u"),
        rf_centroid=optional_number(data, "rf_centroid"),
        migration_px=_given_number(data, "migration_px"),
        centre_px=point(data, "centre_px"),
        width_px=optional_number(data, "width_px"),
        height_px=optional_number(data, "height_px"),
        snr=number(data, "snr"),
        asymmetry=_given_number(data, "asymmetry"),
        volume=number(data, "volume"),
        colour_lab=(lightness, a, b),
        flags=_read_flags(data),
        candidates=tuple(_read_candidate(candidate) for candidate in items(data, "candidates")),
    )


def _read_candidate(data: Json) -> Candidate:
    return Candidate(
        substance=text(data, "substance"),
        probability=number(data, "probability"),
        in_set=true_or_false(data, "in_set"),
    )


def _read_feature(data: Json) -> Feature:
    kind = text(data, "kind")
    if kind not in FEATURE_KINDS:
        raise ReadingFormatError(f"This reading cannot be understood: “{kind}” is no kind of feature.")
    return Feature(kind=FeatureKind(kind), centre_px=point(data, "centre_px"))


def _read_densitogram(data: Json) -> Densitogram:
    return Densitogram(
        position=numbers(data, "position"),
        position_unit=_read_unit(text(data, "position_unit")),
        signal=numbers(data, "signal"),
        baseline=numbers(data, "baseline"),
    )


def _read_unit(word: str) -> Literal["rf", "px"]:
    match word:
        case "rf" | "px":
            return word
    raise ReadingFormatError("This reading cannot be understood: “position_unit” must be rf or px.")


def _given_number(data: Json, name: str) -> float | None:
    member(data, name)  # null says that it could not be measured; left out it would say nothing
    return optional_number(data, name)


def _read_flags(data: Json) -> tuple[Flag, ...]:
    words = items(data, "flags")
    strange = [word for word in words if not isinstance(word, str) or word not in FLAGS]
    if strange:
        raise ReadingFormatError(f"This reading cannot be understood: {strange[0]!r} is no flag.")
    return tuple(Flag(word) for word in words)


def _read_line(data: Json, name: str) -> Polyline | None:
    return None if member(data, name) is None else points(data, name)


def _read_corners(data: Json) -> Corners:
    corners = points(data, "corners_px")
    if len(corners) != 4:
        raise ReadingFormatError("This reading cannot be understood: “corners_px” needs four corners.")
    return corners[0], corners[1], corners[2], corners[3]
