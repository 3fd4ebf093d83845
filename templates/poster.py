"""An alert as one dated A4 sheet, to be put up and taken down again."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from PIL import Image

from templates.i18n import Translator
from templates.pdf import render_pdf
from templates.qr import qr_svg


@dataclass(frozen=True, kw_only=True)
class Poster:
    """What stands on it: the stored words of one version in one language, and until when they hold."""

    headline: str
    what: str
    evidence: str
    risk: str
    advice: Sequence[str]
    variation: str
    areas: Sequence[str]
    network: str
    url: str  # the alert's page, which says how it stands now
    issued_on: date
    take_down_on: date
    withdrawn: bool
    exercise: bool
    made_at: datetime
    photo: bytes | None = None  # a JPEG of one of the samples


def poster_pdf(poster: Poster, translator: Translator) -> bytes:
    """The sheet as PDF. A withdrawal says so in the largest letters and gives no day to wait for."""
    text = translator.text
    data = {
        "lang": translator.language,
        "title": poster.headline,
        "network": poster.network,
        "kicker": " · ".join([text("channel.poster.title"), *poster.areas]),
        "exercise": text("report.exercise") if poster.exercise else None,
        "withdrawn": text("channel.poster.withdrawn") if poster.withdrawn else None,
        "headline": poster.headline,
        "parts": [
            {"name": text("channel.poster.found"), "text": poster.what},
            {"name": text("channel.poster.sure"), "text": poster.evidence},
            {"name": text("channel.poster.risk"), "text": poster.risk},
        ],
        "do": text("channel.poster.do"),
        "advice": list(poster.advice),
        "variation": poster.variation,
        "caveat": text("alerts.photo_caveat") if poster.photo else None,
        "photo_alt": text("alerts.photo_alt"),
        "issued": text("channel.poster.issued", date=translator.date(poster.issued_on)),
        "take_down": text("channel.poster.take_down", date=translator.date(poster.take_down_on)),
        "scan": text("channel.poster.qr"),
        "url": poster.url,
    }
    attachments = {"qr": qr_svg(poster.url), "photo": photo_svg(poster.photo)}
    return render_pdf("poster", data, attachments=attachments, created_at=poster.made_at)


def photo_svg(photo: bytes | None) -> str:
    """A JPEG as an SVG of its size, since attachments are texts; nothing for none."""
    if photo is None:
        return ""
    with Image.open(io.BytesIO(photo), formats=("JPEG",)) as opened:
        width, height = opened.size
    data = base64.b64encode(photo).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{data}"/></svg>'
    )
