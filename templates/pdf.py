"""PDF and PNG through typst: data is handed over as JSON and never pasted into a template.

Only the faces that the typst wheel carries are used, so a report looks the same on every machine.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

PDF_DIR = Path(__file__).parent / "pdf"


def render_pdf(
    template: str, data: Mapping[str, Any], *, attachments: Mapping[str, str] | None = None, created_at: datetime
) -> bytes:
    """The PDF of ``templates/pdf/<template>.typ`` filled with ``data`` (JSON-compatible).

    ``attachments``: longer texts, such as an SVG drawing, that the template reads by name from ``sys.inputs``.
    ``created_at`` is written into the document, so that equal data gives equal bytes.
    """
    return _compile(
        (PDF_DIR / f"{template}.typ").read_bytes(),
        {"data": json.dumps(data, ensure_ascii=False), **(attachments or {})},
        format="pdf",
        pdf_standards="a-2a",
        timestamp=created_at,
    )


def render_png(svg: str, *, width_px: int = 1600) -> bytes:
    """``svg`` as a PNG picture ``width_px`` wide."""
    # A point is 1/72 inch: at 72 pixels an inch the page's width in points is the picture's in pixels.
    inputs = {"svg": svg, "width": str(width_px)}
    return _compile((PDF_DIR / "picture.typ").read_bytes(), inputs, format="png", ppi=72.0)


def _compile(source: bytes, inputs: dict[str, str], **options: Any) -> bytes:
    made = typst.compile(source, sys_inputs=inputs, ignore_system_fonts=True, **options)
    if not isinstance(made, bytes):
        message = "a document that is drawn as one file came out as several pages"
        raise TypeError(message)
    return made
