"""Bytes to pixels: every format that a phone or a scanner writes, and one clear sentence for everything else."""

import base64
import hashlib
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlc_analysis.decode import decode
from tlc_analysis.errors import UnreadableImageError

Pixels = NDArray[np.uint8]


def corner_picture(height: int = 60, width: int = 90) -> Pixels:
    """Grey, with a red top-left and a blue bottom-right quarter, so that a turn or a swapped channel shows."""
    picture = np.full((height, width, 3), 128, dtype=np.uint8)
    picture[: height // 2, : width // 2] = (230, 20, 20)
    picture[height // 2 :, width // 2 :] = (20, 20, 230)
    return picture


# 64 x 48 pixels of corner_picture, encoded by hand: the project carries no HEIC encoder.
HEIC = base64.b64decode(
    """
    AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA
    ACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAALwAAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt
    AAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA
    AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5j
    bHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBp
    eGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAMRtZGF0AAAAuCgBrwngITip//LiP/8sHZe+ZyeVp79Y9x3hG+0o
    //hCbdH6Nrzf/DaIDbTL/Ol8TCyflJ/8EKdNe4DYcHsDLBTZ88Ic2N3ydBCJmeV9CvxZrw3zjYx1OUxjYPp3MZQsDlCJcEHBjvN9
    JgnxuISuBPzgV8RS+Hg+8jow+jMsTyDXcy2nRbZ/GHGQxZ6uR3AZmZ2Uf8GicutATykILEyye2gFRtrs/4VOBwKF/9a/++3z8b44
    f9OgGXA=
    """
)


def test_heic_is_decoded_and_half_of_one_refused() -> None:
    decoded = decode(HEIC)
    assert decoded.pixels.shape == (48, 64, 3)
    np.testing.assert_allclose(decoded.pixels[5, 5].astype(int), (230, 20, 20), atol=6)
    np.testing.assert_allclose(decoded.pixels[40, 60].astype(int), (20, 20, 230), atol=6)
    with pytest.raises(UnreadableImageError, match="damaged or incomplete"):
        decode(HEIC[: len(HEIC) // 2])


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_lossless_formats_keep_every_pixel(kind: str) -> None:
    picture = corner_picture()
    decoded = decode(saved(Image.fromarray(picture), kind))
    np.testing.assert_array_equal(decoded.pixels, picture)
    assert decoded.full_scale == 255


@pytest.mark.parametrize(
    ("kind", "options"), [("JPEG", {"quality": 95}), ("JPEG", {"progressive": True}), ("WEBP", {})]
)
def test_lossy_formats_keep_colours_in_their_places(kind: str, options: dict[str, object]) -> None:
    picture = corner_picture()
    decoded = decode(saved(Image.fromarray(picture), kind, **options))
    for y, x in ((10, 10), (50, 80), (10, 80)):
        np.testing.assert_allclose(decoded.pixels[y, x].astype(int), picture[y, x].astype(int), atol=14)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_stay_sixteen_bits(suffix: str) -> None:
    picture = np.random.default_rng(3).integers(0, 65535, (50, 70, 3), dtype=np.uint16)
    decoded = decode(cv2.imencode(suffix, picture[..., ::-1])[1].tobytes())
    assert decoded.full_scale == 65535
    np.testing.assert_array_equal(decoded.pixels, picture)


def test_sixteen_bit_grey_becomes_three_equal_channels() -> None:
    picture = np.random.default_rng(4).integers(0, 65535, (50, 70), dtype=np.uint16)
    decoded = decode(cv2.imencode(".png", picture)[1].tobytes())
    for channel in range(3):
        np.testing.assert_array_equal(decoded.pixels[..., channel], picture)


# Where each orientation of Exif 2.32 shows the stored picture's red top-left quarter: (right?, bottom?).
@pytest.mark.parametrize(
    ("orientation", "right", "bottom"),
    [(1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 0, 1), (5, 0, 0), (6, 1, 0), (7, 1, 1), (8, 0, 1)],
)
@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG"])
def test_orientation_is_applied(kind: str, orientation: int, right: int, bottom: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(saved(Image.fromarray(corner_picture()), kind, exif=exif))
    height, width = decoded.pixels.shape[:2]
    assert (height > width) == (orientation >= 5)
    red = decoded.pixels[(3 * height // 4) if bottom else height // 4, (3 * width // 4) if right else width // 4]
    assert red[0] > 200
    assert red[2] < 60


def test_orientation_matches_what_pillow_displays() -> None:
    exif = Image.Exif()
    picture = np.random.default_rng(5).integers(0, 255, (40, 64, 3), dtype=np.uint8)
    for orientation in range(1, 9):
        exif[0x0112] = orientation
        stored = saved(Image.fromarray(picture), "PNG", exif=exif)
        from_pillow = Image.open(io.BytesIO(stored))
        turned = from_pillow.transpose(_TRANSPOSE[orientation]) if orientation > 1 else from_pillow
        np.testing.assert_array_equal(decode(stored).pixels, np.asarray(turned))


_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def test_transparent_pixels_are_laid_on_white() -> None:
    picture = np.dstack([corner_picture(), np.full((60, 90), 255, dtype=np.uint8)])
    picture[:10, :, 3] = 0
    decoded = decode(saved(Image.fromarray(picture), "PNG"))
    assert (decoded.pixels[:10] == 255).all()
    np.testing.assert_array_equal(decoded.pixels[10:], picture[10:, :, :3])


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK"])
def test_other_colour_modes_become_rgb(mode: str) -> None:
    picture = Image.fromarray(corner_picture()).convert(mode)
    decoded = decode(saved(picture, "TIFF" if mode == "CMYK" else "PNG"))
    assert decoded.pixels.shape == (60, 90, 3)
    expected = np.asarray(picture.convert("RGB")).astype(int)
    assert np.median(np.abs(decoded.pixels.astype(int) - expected)) <= 1


def test_cmyk_jpeg_keeps_its_colours() -> None:
    decoded = decode(saved(Image.fromarray(corner_picture()).convert("CMYK"), "JPEG", quality=95))
    assert decoded.pixels[10, 10, 0] > 200
    assert decoded.pixels[10, 10, 2] < 60


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (b"", "empty"),
        (b"Sample 12, front 8.4 cm\n" * 40, "not a picture"),
        (saved(Image.new("RGB", (1, 1)), "PNG"), "too small"),
        (saved(Image.new("RGB", (1, 1)), "JPEG"), "too small"),
        (b"\xff\xd8\xff\xe0 nothing follows", "damaged"),
        (saved(Image.fromarray(corner_picture()), "GIF"), "GIF"),
    ],
    ids=["empty", "text", "one pixel PNG", "one pixel JPEG", "JPEG signature", "GIF"],
)
def test_what_is_no_picture_is_refused_in_one_sentence(image: bytes, says: str) -> None:
    with pytest.raises(UnreadableImageError, match=says) as refused:
        decode(image)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_file_that_stops_early_is_refused(kind: str, share: float, capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(6).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), kind)
    with pytest.raises(UnreadableImageError):
        decode(whole[: int(share * len(whole))])
    assert capfd.readouterr().err == ""


def test_a_thumbnail_s_end_is_not_the_picture_s_end() -> None:
    noise = np.random.default_rng(7).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    whole = saved(Image.fromarray(noise), "JPEG", exif=_exif_with_thumbnail())
    decode(whole)
    with pytest.raises(UnreadableImageError, match="incomplete"):
        decode(whole[: len(whole) // 2])


def _exif_with_thumbnail() -> bytes:
    """An APP1 body that holds a whole small JPEG, end marker and all."""
    return b"Exif\x00\x00" + b"MM\x00\x2a\x00\x00\x00\x08\x00\x00" + saved(Image.new("RGB", (40, 30)), "JPEG")


def test_bytes_after_the_end_are_ignored() -> None:
    # Phones append a second picture or a video to a JPEG.
    whole = saved(Image.fromarray(corner_picture()), "JPEG") + b"\x00" * 900
    assert decode(whole).pixels.shape == (60, 90, 3)


def test_a_header_that_claims_billions_of_pixels_fails_before_any_memory_is_spent() -> None:
    ihdr = struct.pack(">IIBBBBB", 65535, 65535, 8, 2, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", ihdr) + _chunk(b"IDAT", zlib.compress(b"")) + _chunk(b"IEND", b"")
    with pytest.raises(UnreadableImageError, match="too large"):
        decode(png)
    jpeg = bytearray(saved(Image.fromarray(corner_picture()), "JPEG"))
    frame = jpeg.index(b"\xff\xc0")
    jpeg[frame + 5 : frame + 9] = struct.pack(">HH", 65535, 65535)
    with pytest.raises(UnreadableImageError, match="too large"):
        decode(bytes(jpeg))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def test_a_faulty_colour_profile_says_nothing_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    whole = saved(Image.fromarray(corner_picture()), "PNG", icc_profile=b"no profile at all" * 20)
    np.testing.assert_array_equal(decode(whole).pixels, corner_picture())
    assert capfd.readouterr().err == ""


def test_a_flipped_bit_in_a_png_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    noise = np.random.default_rng(8).integers(0, 255, (80, 80, 3), dtype=np.uint8)
    whole = bytearray(saved(Image.fromarray(noise), "PNG"))
    whole[len(whole) // 2] ^= 0x10
    with pytest.raises(UnreadableImageError, match="damaged"):
        decode(bytes(whole))
    assert capfd.readouterr().err == ""


def test_the_hash_is_of_the_bytes_given() -> None:
    whole = saved(Image.fromarray(corner_picture()), "PNG")
    assert decode(whole).sha256 == hashlib.sha256(whole).hexdigest()


@pytest.mark.parametrize(
    ("layer", "surround", "expected"),
    [
        ((90, 215, 80), (5, 6, 10), "uv254"),
        ((30, 25, 90), (4, 4, 20), "uv366"),
        ((225, 220, 210), (90, 70, 50), "visible"),
        ((120, 110, 100), (10, 8, 8), "visible"),
    ],
)
def test_the_light_is_inferred_and_said_to_be(
    layer: tuple[int, int, int], surround: tuple[int, int, int], expected: str
) -> None:
    picture = np.full((200, 150, 3), surround, dtype=np.uint8)
    picture[30:170, 30:120] = layer
    image = saved(Image.fromarray(picture), "PNG")
    decoded = decode(image)
    assert (decoded.illumination, decoded.illumination_inferred) == (expected, True)
    told = decode(image, illumination="visible")
    assert (told.illumination, told.illumination_inferred) == ("visible", False)


def photograph(height: int = 1600, width: int = 1200) -> bytes:
    """A JPEG with something in each of its blocks."""
    noise = np.random.default_rng(5).normal(150, 30, (height // 8, width // 8, 3)).clip(0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC))[1].tobytes()


@pytest.mark.parametrize("reduced", [False, True])
def test_a_jpeg_that_was_cut_off_and_closed_again_is_damaged(reduced: bool) -> None:
    whole = photograph()
    assert not decode(whole, reduced=reduced).damaged
    for share in (0.5, 0.95):
        closed = whole[: int(share * len(whole))].rstrip(b"\xff") + b"\xff\xd9"
        assert decode(closed, reduced=reduced).damaged


def test_a_grey_corner_is_no_damage() -> None:
    assert not decode(cv2.imencode(".jpg", corner_picture(64, 96))[1].tobytes()).damaged
