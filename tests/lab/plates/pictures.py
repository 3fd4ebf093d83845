"""Pictures for tests: of every kind that is taken in, with everything in them that must not be kept."""

import base64
import io
import struct
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SECRETS = {
    "latitude": struct.pack("<IIIIII", 50, 1, 51, 1, 123457, 10000),
    "latitude, big-endian": struct.pack(">IIIIII", 50, 1, 51, 1, 123457, 10000),
    "XMP": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>Photographer Janssens</dc:creator></x:xmpmeta>",
    "comment": b"taken at the back door of number 12",
    "thumbnail": b"\xff\xd8THUMBNAIL-OF-A-FACE\xff\xd9",
    "profile": b"Display of Janssens",
    "trailer": b"a second picture after the end",
    "serial number": b"CAMERA-0042-1337",
}


def pixels(height: int = 48, width: int = 64, dtype: type = np.uint8) -> NDArray[np.uint8]:
    """Noise on a ramp: nothing in it is symmetric, so a turned picture is noticed."""
    rng = np.random.default_rng(7)
    ramp = np.linspace(0, np.iinfo(dtype).max * 0.8, height * width * 3).reshape(height, width, 3)
    return (ramp + rng.uniform(0, np.iinfo(dtype).max * 0.2, ramp.shape)).astype(dtype)


def exif(orientation: int) -> bytes:
    """An Exif block with an orientation, a place, a serial number and a thumbnail."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = SECRETS["comment"].decode()
    tags[0xC62F] = SECRETS["serial number"].decode()
    tags[0x8825] = {1: "N", 2: (50.0, 51.0, 12.3457)}
    return tags.tobytes() + SECRETS["latitude"] + SECRETS["thumbnail"]


def jpeg(orientation: int = 1, *, progressive: bool = False, mode: str = "RGB", dpi: int = 0) -> bytes:
    """A JPEG with Exif, XMP, a profile, a comment, a JFIF thumbnail and a second picture after its end."""
    out = io.BytesIO()
    image = Image.fromarray(pixels()).convert(mode)
    image.save(out, "JPEG", quality=90, progressive=progressive, exif=exif(orientation), comment=SECRETS["comment"],
               icc_profile=SECRETS["profile"] * 9, dpi=(dpi, dpi))  # fmt: skip
    plain = out.getvalue()
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + SECRETS["XMP"]
    extra = segment(0xE0, b"JFXX\0\x10" + SECRETS["thumbnail"]) + segment(0xE1, xmp) + segment(0xED, SECRETS["comment"])
    return plain[:2] + extra + plain[2:] + SECRETS["trailer"]


def segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def png(orientation: int = 1, *, mode: str = "RGB", deep: bool = False) -> bytes:
    """A PNG with Exif, XMP, a profile, texts, a time, and bytes after its end."""
    from PIL.PngImagePlugin import PngInfo  # noqa: PLC0415 -- beside its only use

    if deep:
        encoded = cv2.imencode(".png", pixels(dtype=np.uint16))[1].tobytes()
        return encoded[:33] + chunk(b"tEXt", b"Author\0" + SECRETS["comment"]) + encoded[33:] + SECRETS["trailer"]
    texts = PngInfo()
    texts.add_text("Comment", SECRETS["comment"].decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRETS["XMP"].decode())
    out = io.BytesIO()
    image = Image.fromarray(pixels())
    image = image.quantize(32) if mode == "P" else image.convert(mode)
    image.save(out, "PNG", pnginfo=texts, exif=exif(orientation), icc_profile=SECRETS["profile"] * 9)
    plain = out.getvalue()
    return plain[:33] + chunk(b"tIME", b"\x07\xea\x07\x01\x02\x03\x04") + plain[33:] + SECRETS["trailer"]


def chunk(kind: bytes, payload: bytes) -> bytes:
    import zlib  # noqa: PLC0415 -- beside its only use

    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def tiff(orientation: int = 1, *, compression: str = "raw", deep: bool = False, tiled: bool = False) -> bytes:
    """A TIFF with a description, an artist, a place, XMP and a second page."""
    if deep:
        return cv2.imencode(".tiff", pixels(dtype=np.uint16))[1].tobytes() + SECRETS["trailer"]
    from PIL.TiffImagePlugin import ImageFileDirectory_v2  # noqa: PLC0415 -- beside its only use

    tags = ImageFileDirectory_v2()
    tags[0x0112] = orientation
    tags[270], tags[315], tags[700] = SECRETS["comment"].decode(), "Janssens", SECRETS["XMP"]
    tags[0xC62F] = SECRETS["serial number"].decode()
    out = io.BytesIO()
    more = {"tile": (16, 16)} if tiled else {}
    Image.fromarray(pixels()).save(
        out, "TIFF", tiffinfo=tags, compression=compression, icc_profile=SECRETS["profile"] * 9, save_all=True,
        append_images=[Image.fromarray(pixels(20, 20))], dpi=(600, 600), **more,
    )  # fmt: skip
    return out.getvalue() + SECRETS["trailer"]


def webp(orientation: int = 1, *, lossless: bool = False, mode: str = "RGB") -> bytes:
    """A WebP with Exif, XMP, a profile, and bytes after its end."""
    out = io.BytesIO()
    Image.fromarray(pixels()).convert(mode).save(
        out, "WEBP", lossless=lossless, exif=exif(orientation), xmp=SECRETS["XMP"], icc_profile=SECRETS["profile"] * 9
    )
    return out.getvalue() + SECRETS["trailer"]


def bmp() -> bytes:
    return cv2.imencode(".bmp", pixels())[1].tobytes() + SECRETS["trailer"]


# 64 x 48 pixels of 4x, 5y, 2(x + y), encoded as HEVC; with a description, a place and XMP. Nothing here can encode it.
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAghtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAEZpbG9jAA"
    "AAAERAAAMAAQAAAAACLAABAAAAAAAAAFAAAgAAAAACfAABAAAAAAAAAIoAAwAAAAADBgABAAAAAAAAAF4AAABiaWluZgAAAAAAAwAAABVpbmZl"
    "AgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAACppbmZlAgAAAQADAABtaW1lAGFwcGxpY2F0aW9uL3JkZit4bWwAAAAAAA5waX"
    "RtAAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroC"
    "QGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFG"
    "lzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAA"
    "AAAAAAEAAQWBAgMFhAAAAChpcmVmAAAAAAAAAA5jZHNjAAIAAQABAAAADmNkc2MAAwABAAEAAAFAbWRhdAAAAEwoAa9Y5v/0TwEqwN0ojWlVuj"
    "NAnXHt/iwpqN1CNnsQffYHiw0VQH9JDALrc/fiUqTuVc0Vy9Z9vfncOXkv5LMq8wOV7pcbE6nNx8kvAAAABkV4aWYAAE1NACoAAAAIAAIBDgAC"
    "AAAAJAAAACaIJQAEAAAAAQAAAEoAAAAAdGFrZW4gYXQgdGhlIGJhY2sgZG9vciBvZiBudW1iZXIgMTIAAAIAAQACAAAAAk4AAAAAAgAFAAAAAw"
    "AAAGgAAAAAAAAAMgAAAAEAAAAzAAAAAQAB4kEAACcQPHg6eG1wbWV0YSB4bWxuczp4PSdhZG9iZTpuczptZXRhLyc+PGRjOmNyZWF0b3I+UGhv"
    "dG9ncmFwaGVyIEphbnNzZW5zPC9kYzpjcmVhdG9yPjwveDp4bXBtZXRhPg=="
)


KINDS: dict[str, Callable[[int], bytes]] = {
    "jpeg": jpeg,
    "jpeg, progressive": lambda turn: jpeg(turn, progressive=True),
    "jpeg, grey": lambda turn: jpeg(turn, mode="L"),
    "jpeg, cmyk": lambda turn: jpeg(turn, mode="CMYK"),
    "png": png,
    "png, palette": lambda turn: png(turn, mode="P"),
    "png, grey": lambda turn: png(turn, mode="L"),
    "png, alpha": lambda turn: png(turn, mode="RGBA"),
    "tiff": tiff,
    "tiff, lzw": lambda turn: tiff(turn, compression="tiff_lzw"),
    "tiff, deflate": lambda turn: tiff(turn, compression="tiff_adobe_deflate"),
    "tiff, jpeg": lambda turn: tiff(turn, compression="jpeg"),
    "webp": webp,
    "webp, lossless": lambda turn: webp(turn, lossless=True),
    "webp, alpha": lambda turn: webp(turn, mode="RGBA"),
}
"""Every kind whose container is rewritten, by the orientation that it is to carry."""
