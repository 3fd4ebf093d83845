"""Photographs synthetic plates: perspective, light, lens, sensor and file, in that order.

The homography from a plate's millimetres to picture pixels is exact, so truth needs no fitting. Picture
pixels follow ``docs/coordinates.md``: an integer is a pixel's centre.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .synthetic_layer import Layer
from .synthetic_spec import CameraSpec, PictureSpec, Placement

Array = NDArray[np.float32]
Matrix = NDArray[np.float64]
Placed = tuple[Layer, Matrix]  # a drawn plate and its homography from mm to picture pixels
READ_NOISE = 0.15  # share of the noise at full white that is left in the dark


def plate_to_picture(placement: Placement, camera: CameraSpec) -> Matrix:
    """(3, 3) homography from mm on the plate (y down from its top-left corner) to picture pixels."""
    turn = np.deg2rad(placement.turn_deg)
    cos, sin = np.cos(turn), np.sin(turn)
    half_w, half_h = placement.plate.width_mm / 2, placement.plate.height_mm / 2
    on_table = np.array([[cos, -sin, placement.x_mm], [sin, cos, placement.y_mm], [0, 0, 1]])
    centred = np.array([[1, 0, -half_w], [0, 1, -half_h], [0, 0, 1]])
    return np.asarray(_table_to_picture(camera) @ on_table @ centred, np.float64)


def _table_to_picture(camera: CameraSpec) -> Matrix:
    """Pinhole camera looking down at a plane: K [r1 r2 t]."""
    pitch, yaw, roll = np.deg2rad([camera.pitch_deg, camera.yaw_deg, camera.roll_deg])
    rot_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    rot_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    rot_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    rotation = rot_x @ rot_y @ rot_z
    distance_mm = camera.focal_px / camera.px_per_mm
    extrinsic = np.column_stack([rotation[:, 0], rotation[:, 1], [0.0, 0.0, distance_mm]])
    centre = ((camera.width_px - 1) / 2, (camera.height_px - 1) / 2)
    intrinsic = np.array([[camera.focal_px, 0, centre[0]], [0, camera.focal_px, centre[1]], [0, 0, 1]])
    look = np.array([[1, 0, -camera.look_x_mm], [0, 1, -camera.look_y_mm], [0, 0, 1]])
    return np.asarray(intrinsic @ extrinsic @ look, np.float64)


def project(to_picture: Matrix, x_mm: float, y_mm: float) -> tuple[float, float]:
    """A point of the plate in picture pixels."""
    u, v, w = to_picture @ (x_mm, y_mm, 1.0)
    return float(u / w), float(v / w)


def encode_srgb(linear: NDArray[np.floating]) -> NDArray[np.float64]:
    """sRGB transfer curve (IEC 61966-2-1), input clipped to 0..1."""
    value = np.clip(np.asarray(linear, np.float64), 0.0, 1.0)
    return np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)


def photograph(
    layers: Sequence[tuple[Layer, Matrix]], spec: PictureSpec, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB: what the camera makes of the plates."""
    scene = _surround(spec, rng)
    for layer, to_picture in layers:
        _lay_down(scene, layer, to_picture)
    exposed = _optics(scene, spec.camera)
    del scene
    noisy = _sensor(exposed, spec.camera, rng)
    return np.round(_encode_fast(noisy) * 255).astype(np.uint8)


def noise_at(linear: NDArray[np.float64], camera: CameraSpec) -> NDArray[np.float64]:
    """Standard deviation of a pixel's linear value: read noise and shot noise."""
    return np.asarray(camera.noise * np.sqrt(READ_NOISE**2 + (1 - READ_NOISE**2) * np.clip(linear, 0, 1)))


def _surround(spec: PictureSpec, rng: np.random.Generator) -> Array:
    camera = spec.camera
    lamp = {"uv254": (0.006, 0.006, 0.010), "uv366": (0.004, 0.003, 0.014), "visible": (0.012, 0.012, 0.012)}
    table = {"uv254": (0.012, 0.016, 0.022), "uv366": (0.008, 0.007, 0.030), "visible": (0.14, 0.09, 0.055)}
    paper = {"uv254": (0.05, 0.06, 0.13), "uv366": (0.05, 0.06, 0.16), "visible": (0.52, 0.52, 0.50)}
    colour = {"black": lamp, "table": table, "paper": paper}[spec.surround][spec.illumination]
    coarse = rng.standard_normal((9, 9)).astype(np.float32)
    cloud = cv2.resize(coarse, (camera.width_px, camera.height_px), interpolation=cv2.INTER_CUBIC)
    scene = np.empty((camera.height_px, camera.width_px, 3), np.float32)
    scene[:] = np.asarray(colour, np.float32)
    scene *= np.clip(1 + 0.12 * cloud, 0.3, 2.0)[..., None]
    for _ in range(spec.clutter):
        _litter(scene, np.asarray(colour), rng)
    return scene


def _litter(scene: Array, colour: NDArray[np.float64], rng: np.random.Generator) -> None:
    """Something on the table: a cap, a coin, a pen, in a shade of its own."""
    height, width = scene.shape[:2]
    centre = (int(rng.integers(width)), int(rng.integers(height)))
    size = max(width, height) * rng.uniform(0.01, 0.06)
    axes = (max(2, round(size)), max(2, round(size * rng.choice([1.0, 0.9, 0.12]))))
    shade = colour * rng.uniform(0.2, 3.0) * rng.uniform(0.6, 1.4, 3)
    cv2.ellipse(scene, centre, axes, float(rng.uniform(0, 180)), 0, 360, shade.tolist(), -1, cv2.LINE_8)


def _lay_down(scene: Array, layer: Layer, to_picture: Matrix) -> None:
    """Warps the layer into the scene, its rim anti-aliased by a coverage mask."""
    height, width = scene.shape[:2]
    to_mm = np.array([[1 / layer.scale, 0, 0.5 / layer.scale], [0, 1 / layer.scale, 0.5 / layer.scale], [0, 0, 1]])
    matrix = to_picture @ to_mm
    light = cv2.warpPerspective(layer.light(), matrix, (width, height), flags=cv2.INTER_LINEAR,
                                borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
    whole = np.ones(layer.gain.shape, np.float32)
    cover = cv2.warpPerspective(whole, matrix, (width, height), flags=cv2.INTER_LINEAR)[..., None]
    scene += cover * (light - scene)


def _optics(scene: Array, camera: CameraSpec) -> Array:
    height, width = scene.shape[:2]
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None, :]
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
    across, along, hot = camera.slant
    radius2 = (x**2 + y**2) / 0.5
    field = (1 + across * x + along * y) * (1 - hot * radius2) * (1 - camera.vignetting * radius2)
    scene = scene * (field[..., None] * np.asarray(camera.cast, np.float32) * np.float32(camera.exposure))
    if camera.bloom:
        small = cv2.resize(scene, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
        halo = cv2.GaussianBlur(small, (0, 0), max(width, height) / 8 * 0.02)
        scene += camera.bloom * cv2.resize(halo, (width, height), interpolation=cv2.INTER_LINEAR)
    if camera.blur_px > 0:
        scene = np.asarray(cv2.GaussianBlur(scene, (0, 0), camera.blur_px), np.float32)
    return scene


def _sensor(light: Array, camera: CameraSpec, rng: np.random.Generator) -> Array:
    grain = rng.standard_normal(light.shape, dtype=np.float32)
    # A Bayer sensor's demosaicing and denoising leave neighbouring pixels correlated.
    grain = cv2.GaussianBlur(grain, (0, 0), 0.6) / np.float32(0.49)
    grain *= np.sqrt(np.float32(READ_NOISE**2) + np.float32(1 - READ_NOISE**2) * np.clip(light, 0, 1))
    grain *= np.float32(camera.noise)
    grain += light
    return np.asarray(grain, np.float32)


def _encode_fast(linear: Array) -> Array:
    """The same curve as :func:`encode_srgb` through a table of 16 bits: a picture has millions of pixels."""
    table = encode_srgb(np.linspace(0, 1, 65536)).astype(np.float32)
    return np.asarray(table[(np.clip(linear, 0, 1) * 65535 + 0.5).astype(np.uint16)], np.float32)
