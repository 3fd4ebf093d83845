"""Nothing of a picture is stored but its pixels, and those exactly."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lab.errors import LabError
from lab.plates.containers.exif import ORIENTATION_TAG
from lab.plates.errors import (
    NotAPictureError,
    PictureDamagedError,
    PictureEmptyError,
    PictureTooHeavyError,
    PictureTooLargeError,
    PictureTooSmallError,
)
from lab.plates.intake import MAX_MEGABYTES, clean_picture
from tests.lab.plates.pictures import HEIC, KINDS, SECRETS, bmp, jpeg, pixels, png, segment, tiff
from tlc_analysis.decode import decode
from tlc_analysis.headers import read_header


def displayed(content: bytes) -> np.ndarray:
    return decode(content, illumination="visible").pixels


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_picture_has_the_same_pixels_and_none_of_the_story(kind: str, orientation: int) -> None:
    original = KINDS[kind](orientation)
    assert sum(secret in original for secret in SECRETS.values()) >= 3
    stored = clean_picture(original).content
    np.testing.assert_array_equal(displayed(stored), displayed(original))
    for name, secret in SECRETS.items():
        assert secret not in stored, name


@pytest.mark.parametrize("kind", KINDS)
def test_of_all_metadata_a_stored_picture_keeps_the_orientation_alone(kind: str) -> None:
    stored = clean_picture(KINDS[kind](8)).content
    assert read_header(stored).orientation == 8
    with Image.open(io.BytesIO(stored)) as image:
        kept = {"compression", "compression_level", "dpi", "jfif", "jfif_version", "jfif_unit", "jfif_density",
                "progressive", "progression", "adobe", "adobe_transform", "exif", "transparency", "resolution", "loop",
                "background", "timestamp", "duration"}  # fmt: skip
        assert set(image.info) <= kept
        if not kind.startswith("tiff"):  # there the tags are the picture itself
            assert set(image.getexif()) == {ORIENTATION_TAG}


@pytest.mark.parametrize("original", [png(deep=True), tiff(deep=True)], ids=["png", "tiff"])
def test_sixteen_bits_stay_sixteen_bits(original: bytes) -> None:
    stored = clean_picture(original).content
    assert displayed(stored).dtype == np.uint16
    np.testing.assert_array_equal(displayed(stored), displayed(original))
    assert all(secret not in stored for secret in SECRETS.values())


def test_the_scale_of_a_scan_is_kept() -> None:
    for original in (jpeg(dpi=600), tiff()):
        with Image.open(io.BytesIO(clean_picture(original).content)) as image:
            assert tuple(round(float(dpi)) for dpi in image.info["dpi"]) == (600, 600)


def test_compressed_pixel_data_are_copied_byte_for_byte() -> None:
    original = jpeg()
    stored = clean_picture(original).content
    scan = original[original.rindex(b"\xff\xda") : original.rindex(b"\xff\xd9")]
    assert len(scan) > 500
    assert scan in stored


def test_cleaning_a_clean_picture_changes_nothing() -> None:
    for make in KINDS.values():
        once = clean_picture(make(6))
        assert clean_picture(once.content) == once


def test_bmp_is_kept_as_png_with_the_same_pixels() -> None:
    stored = clean_picture(bmp())
    assert stored.media_type == "image/png"
    np.testing.assert_array_equal(displayed(stored.content), displayed(bmp()))
    assert SECRETS["trailer"] not in stored.content


def test_heic_is_kept_as_png_with_the_same_pixels_and_none_of_the_story() -> None:
    assert SECRETS["comment"] in HEIC
    assert SECRETS["XMP"] in HEIC
    stored = clean_picture(HEIC)
    assert stored.media_type == "image/png"
    np.testing.assert_array_equal(displayed(stored.content), displayed(HEIC))
    assert all(secret not in stored.content for secret in SECRETS.values())
    y, x = np.mgrid[0:48, 0:64]
    drawn = np.stack([4 * x, 5 * y, 2 * (x + y)], axis=-1)
    assert np.abs(displayed(HEIC).astype(int) - drawn).mean() < 4.0  # HEVC at a low quality


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([*range(0xE0, 0xF0), 0xFE]), st.binary(min_size=0, max_size=300)), max_size=5)
)
def test_no_segment_that_a_jpeg_may_carry_gets_through(segments: list[tuple[int, bytes]]) -> None:
    marked = [segment(marker, payload + b"PLANTED") for marker, payload in segments]
    original = jpeg()
    planted = original[:2] + b"".join(marked) + original[2:]
    try:
        stored = clean_picture(planted).content
    except LabError:
        return  # refused whole: nothing is stored
    assert b"PLANTED" not in stored
    assert stored == clean_picture(stored).content


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["jpeg", "png", "tiff", "webp"]), st.data())
def test_a_broken_file_is_refused_or_cleaned_and_never_more(kind: str, data: st.DataObject) -> None:
    content = bytearray(KINDS[kind](6))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(12, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(20, len(content)))
    try:
        stored = clean_picture(bytes(content[:cut])).content
    except LabError:
        return
    assert SECRETS["trailer"] not in stored
    assert SECRETS["XMP"] not in stored


def huge_jpeg() -> bytes:
    frame = segment(0xC0, struct.pack(">BHHB", 8, 65535, 65535, 1) + b"\x01\x11\x00")
    return b"\xff\xd8" + frame + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00" * 64 + b"\xff\xd9"


def huge_png() -> bytes:
    content = bytearray(png())
    content[16:24] = struct.pack(">II", 65535, 65535)
    return bytes(content)


def huge_tiff() -> bytes:
    entries = struct.pack("<HHIHHI", 2, 256, 3, 1, 65535, 0)[:14] + struct.pack("<HHIHH", 257, 3, 1, 65535, 0)
    return b"II*\0" + struct.pack("<I", 8) + entries


def tiny(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels(height, width)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", PictureEmptyError),
        (b"just some text, whatever the name says", NotAPictureError),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAPictureError),
        (b"GIF89a" + b"\0" * 100, NotAPictureError),
        (b"%PDF-1.7", NotAPictureError),
        (b"\xff\xd8\xff", PictureDamagedError),
        (jpeg()[:900], PictureDamagedError),
        (jpeg()[: -len(SECRETS["trailer"]) - 40], PictureDamagedError),
        (png()[:400], PictureDamagedError),
        (tiff()[:300], PictureDamagedError),
        (KINDS["webp"](1)[:300], PictureDamagedError),
        (tiny(1, 1), PictureTooSmallError),
        (tiny(400, 31), PictureTooSmallError),
        (huge_jpeg(), PictureTooLargeError),
        (huge_png(), PictureTooLargeError),
        (huge_tiff(), PictureTooLargeError),
    ],
)
def test_a_bad_picture_is_refused_with_its_reason(content: bytes, error: type[LabError]) -> None:
    with pytest.raises(error):
        clean_picture(content)


def test_a_file_of_too_many_bytes_is_refused() -> None:
    with pytest.raises(PictureTooHeavyError):
        clean_picture(b"\0" * (MAX_MEGABYTES * 1_000_000 + 1))
