"""A photograph anew: displayed the right way up, its colours in sRGB, no larger than needed, and nothing else in it.

Runs in the limited process of :mod:`lab.photos.reencode_child`. Only pixels go from the old file to the new one, so
neither EXIF, GPS, XMP, comments, thumbnails nor anything appended can. Telephones write their pixels in a wider colour
space with a profile; without it the colours would be wrong, so they are converted before the profile is dropped.
"""

import io
import warnings

import pi_heif
from PIL import Image, ImageCms, ImageOps

LONGEST_PX = 1600  # a tablet's logo fills hundreds of pixels; a page shows 390 to 1280 across
QUALITY = 85
_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "BMP", "HEIF")


def reencode(image: bytes) -> bytes:
    """``image`` as a plain JPEG. Raises what Pillow raises for a file that is no whole picture."""
    pi_heif.register_heif_opener()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata: the pixels decide
        with Image.open(io.BytesIO(image), formats=_FORMATS) as opened:
            profile = opened.info.get("icc_profile")
            opened.draft("RGB", (2 * LONGEST_PX, 2 * LONGEST_PX))  # of a large JPEG a half or a quarter is enough
            picture = ImageOps.exif_transpose(opened)
            picture.load()
    picture = _in_srgb(_on_white(picture), profile)
    picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.LANCZOS)
    plain = Image.new("RGB", picture.size)
    plain.paste(picture)  # a new picture has no metadata that could be written along
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()


def _on_white(picture: Image.Image) -> Image.Image:
    """Without transparency; colour models other than RGB, CMYK and grey become RGB."""
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        picture = Image.new("RGB", clear.size, "white")
        picture.paste(clear, mask=clear.getchannel("A"))
    return picture if picture.mode in {"RGB", "CMYK"} else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """``picture`` converted from its ``profile``; as RGB without it where the profile cannot be understood."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None
        if converted is not None:
            return converted
    return picture.convert("RGB")
