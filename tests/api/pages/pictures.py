"""A photograph to put on things."""

import io

from PIL import Image


def jpeg() -> bytes:
    """Left half red, right half blue, 800 by 400 pixels, with a note in it that nobody should read."""
    picture = Image.new("RGB", (800, 400), "red")
    picture.paste(Image.new("RGB", (400, 400), "blue"), (400, 0))
    out = io.BytesIO()
    picture.save(out, "JPEG", comment=b"a note")
    return out.getvalue()
