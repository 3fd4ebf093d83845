"""A reading as ``plate-reading/1`` JSON and back. Every key of the contract is always there."""

from collections.abc import Sequence
from typing import Any

from .errors import ReadingFormatError
from .model import (
    SCHEMA,
    Candidate,
    Corners,
    Densitogram,
    Feature,
    FeatureKind,
    Flag,
    ImageInfo,
    Lab,
    Lane,
    Method,
    Plate,
    PlateReading,
    Point,
    Polyline,
    Spot,
)

Json = dict[str, Any]


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

    Raises :class:`ReadingFormatError`.
    """
    try:
        if data["schema"] != SCHEMA:
            raise ReadingFormatError(f"This is not a {SCHEMA} document but {data['schema']!r}.")
        return PlateReading(
            image=ImageInfo(**{key: data["image"][key] for key in ImageInfo.__dataclass_fields__}),
            plates=tuple(_read_plate(plate) for plate in data["plates"]),
            flags=_read_flags(data["flags"]),
            method=Method(version=data["method"]["version"], parameters=dict(data["method"]["parameters"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadingFormatError(f"This reading cannot be understood: {error!r}.") from error


def _read_plate(data: Json) -> Plate:
    return Plate(
        corners_px=_read_corners(data["corners_px"]),
        confidence=data["confidence"],
        origin_px=_read_points(data["origin_px"]),
        front_px=_read_points(data["front_px"]),
        lanes=tuple(_read_lane(lane) for lane in data["lanes"]),
        flags=_read_flags(data["flags"]),
        origin_u_px=data.get("origin_u_px"),
        front_u_px=data.get("front_u_px"),
        features=tuple(_read_feature(feature) for feature in data.get("features", ())),
    )


def _read_lane(data: Json) -> Lane:
    profile = data.get("densitogram")
    return Lane(
        index=data["index"],
        x_px=data["x_px"],
        spots=tuple(_read_spot(spot) for spot in data["spots"]),
        features=tuple(_read_feature(feature) for feature in data["features"]),
        origin_px=_read_point(data.get("origin_px")),
        front_px=_read_point(data.get("front_px")),
        width_px=data.get("width_px"),
        densitogram=None if profile is None else _read_densitogram(profile),
    )


def _read_spot(data: Json) -> Spot:
    centre = data["centre_px"]
    return Spot(
        rf=data["rf"],
        rf_u=data["rf_u"],
        rf_centroid=data.get("rf_centroid"),
        migration_px=data["migration_px"],
        centre_px=(centre[0], centre[1]),
        width_px=data.get("width_px"),
        height_px=data.get("height_px"),
        snr=data["snr"],
        asymmetry=data["asymmetry"],
        volume=data["volume"],
        colour_lab=_read_lab(data["colour_lab"]),
        flags=_read_flags(data["flags"]),
        candidates=tuple(
            Candidate(substance=c["substance"], probability=c["probability"], in_set=c["in_set"])
            for c in data["candidates"]
        ),
    )


def _read_feature(data: Json) -> Feature:
    centre = data["centre_px"]
    return Feature(kind=FeatureKind(data["kind"]), centre_px=(centre[0], centre[1]))


def _read_densitogram(data: Json) -> Densitogram:
    return Densitogram(
        position=tuple(data["position"]),
        position_unit=data["position_unit"],
        signal=tuple(data["signal"]),
        baseline=tuple(data["baseline"]),
    )


def _read_flags(values: Sequence[str]) -> tuple[Flag, ...]:
    return tuple(Flag(value) for value in values)


def _read_point(value: Sequence[float] | None) -> Point | None:
    return None if value is None else (value[0], value[1])


def _read_points(value: Sequence[Sequence[float]] | None) -> Polyline | None:
    return None if value is None else tuple((x, y) for x, y in value)


def _read_lab(value: Sequence[float]) -> Lab:
    lightness, a, b = value
    return (lightness, a, b)


def _read_corners(value: Sequence[Sequence[float]]) -> Corners:
    one, two, three, four = ((x, y) for x, y in value)
    return (one, two, three, four)
