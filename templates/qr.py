"""QR codes as drawings: black on white in any theme, and never a Micro QR, which phones cannot read."""

import segno

QUIET = 4  # modules around the code, as ISO/IEC 18004 asks for


def qr_svg(text: str) -> str:
    """``text`` as the SVG of a QR code, without a size of its own: whoever places it says how large."""
    code = segno.make(text, micro=False, error="m", boost_error=False)
    return str(code.svg_inline(scale=4, border=QUIET, dark="#000", light="#fff"))
