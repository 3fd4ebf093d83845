"""An alert as a sheet of two sides for those who work with it: what to do in front, what it rests on behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from templates.i18n import Translator
from templates.pdf import render_pdf
from templates.poster import Poster, photo_svg
from templates.qr import qr_svg


@dataclass(frozen=True, kw_only=True)
class Sheet(Poster):
    """As a poster, with how far it goes, how many samples it rests on, and its versions: number, kind, day, reason."""

    tier: str
    number: int
    samples: int | None
    history: Sequence[tuple[int, Enum, date, str | None]]


def sheet_pdf(sheet: Sheet, translator: Translator) -> bytes:
    """The sheet as PDF, two pages."""
    text = translator.text
    data = {
        "lang": translator.language,
        "title": sheet.headline,
        "network": sheet.network,
        "kicker": " · ".join([text(f"alerts.tier.{sheet.tier}"), *sheet.areas]),
        "for_whom": text(f"alert.mail.for.{sheet.tier}"),
        "exercise": text("report.exercise") if sheet.exercise else None,
        "withdrawn": text("channel.poster.withdrawn") if sheet.withdrawn else None,
        "headline": sheet.headline,
        "front": [
            {"name": text("channel.poster.found"), "text": sheet.what},
            {"name": text("channel.poster.risk"), "text": sheet.risk},
        ],
        "do": text("channel.poster.do"),
        "advice": list(sheet.advice),
        "variation": sheet.variation,
        "caveat": text("alerts.photo_caveat") if sheet.photo else None,
        "photo_alt": text("alerts.photo_alt"),
        "back_title": text("channel.sheet.back"),
        "back": [{"name": text("channel.poster.sure"), "text": sheet.evidence}, *_limits(sheet, translator)],
        "history_title": text("alerts.versions"),
        "history": [_line(one, translator) for one in sheet.history],
        "notify_title": text("channel.sheet.notify"),
        "notify": text("channel.sheet.notify_text"),
        "fields": [text(f"channel.sheet.field.{name}") for name in ("when", "what", "signs", "given", "kept")],
        "issued": text("channel.poster.issued", date=translator.date(sheet.issued_on)),
        "until": text("alert.mail.valid_until", until=translator.date(sheet.take_down_on)),
        "number": text("channel.sheet.number", n=sheet.number),
        "scan": text("channel.poster.qr"),
        "url": sheet.url,
    }
    attachments = {"qr": qr_svg(sheet.url), "photo": photo_svg(sheet.photo)}
    return render_pdf("sheet", data, attachments=attachments, created_at=sheet.made_at)


def _limits(sheet: Sheet, translator: Translator) -> list[dict[str, str]]:
    """What this alert does not say: how many samples it rests on, and what it is no answer to."""
    text = translator.text
    counted = [text("channel.sheet.samples", n=sheet.samples)] if sheet.samples else []
    return [{"name": text("channel.sheet.limits"), "text": " ".join([*counted, text("channel.sheet.limits_text")])}]


def _line(one: tuple[int, Enum, date, str | None], translator: Translator) -> str:
    number, kind, day, reason = one
    said = f"{number} · {translator.label(kind)} · {translator.date(day)}"
    return f"{said}: {reason}" if reason else said
