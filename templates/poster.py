"""An alert as one dated A4 sheet, to be put up and taken down again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

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
        "issued": text("channel.poster.issued", date=translator.date(poster.issued_on)),
        "take_down": text("channel.poster.take_down", date=translator.date(poster.take_down_on)),
        "scan": text("channel.poster.qr"),
        "url": poster.url,
    }
    return render_pdf("poster", data, attachments={"qr": qr_svg(poster.url)}, created_at=poster.made_at)
