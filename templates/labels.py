"""Labels and tickets on paper: sheets of sample labels, with or without a ticket beside each, one label, one ticket.

A QR on a sample label holds the code alone; on a parcel ``PARCEL:`` and the seal number; on a ticket the look-up
address with the token behind its #, which no server is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from templates.environment import group_code
from templates.i18n import Translator
from templates.pdf import render_pdf
from templates.qr import qr_svg

PARCEL_PREFIX = "PARCEL:"
_POINTS_PER_MM = 72 / 25.4
_GLYPH_EM = 0.602  # advance of DejaVu Sans Mono


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Where labels go on a page; lengths in millimetres, ``places`` the top-left corners in reading order."""

    page_width: float
    page_height: float
    width: float
    height: float
    places: Sequence[tuple[float, float]]
    cut_lines: bool = False


@dataclass(frozen=True, kw_only=True)
class TicketPaper:
    """What a person's ticket says. ``half``: the time within which half of the answers were there, where measured."""

    token: str
    base_url: str
    network: str
    ends_on: date
    half: timedelta | None
    made_at: datetime


@dataclass(frozen=True, kw_only=True)
class ParcelPaper:
    """What stands on a parcel."""

    seal_number: str
    from_site: str
    to_site: str
    items: int
    legal_basis: str
    network: str
    made_at: datetime


def lookup_address(base_url: str, token: str = "") -> str:
    """The address of the look-up; the token stands behind the #, which browsers keep to themselves."""
    return f"{base_url.rstrip('/')}/lookup" + (f"#{group_code(token)}" if token else "")


def labels_pdf(
    codes: Sequence[str], *, sheet: Sheet, tokens: Sequence[str] = (), base_url: str = "", network: str,
    translator: Translator, made_at: datetime,
) -> bytes:  # fmt: skip
    """Sheets of labels as PDF, in the order of ``codes``; with ``tokens``, each label has its ticket to its right."""
    data = labels_data(
        codes, sheet=sheet, tokens=tokens, base_url=base_url, network=network, translator=translator
    )  # fmt: skip
    return render_pdf("labels", data, created_at=made_at)


def labels_data(
    codes: Sequence[str], *, sheet: Sheet, tokens: Sequence[str] = (), base_url: str = "", network: str,
    translator: Translator,
) -> dict[str, Any]:  # fmt: skip
    """What the template is given."""
    cells = iter(_cells(codes, tokens, base_url, sheet, translator))
    pages: list[list[dict[str, Any]]] = []
    while page := list(islice(cells, len(sheet.places))):
        for cell, (x, y) in zip(page, sheet.places, strict=False):
            cell |= {"x": x, "y": y, "w": sheet.width, "h": sheet.height}
        pages.append(page)
    return {
        "lang": translator.language, "title": translator.text("paper.labels"), "network": network,
        "width": sheet.page_width, "height": sheet.page_height, "cut_lines": sheet.cut_lines, "sheets": pages,
    }  # fmt: skip


def _cells(
    codes: Sequence[str], tokens: Sequence[str], base_url: str, sheet: Sheet, translator: Translator
) -> Iterator[dict[str, Any]]:
    for number, code in enumerate(codes):
        yield _label(code, sheet, translator)
        if tokens:
            yield _pair_ticket(tokens[number], base_url, translator)


def _label(code: str, sheet: Sheet, translator: Translator) -> dict[str, Any]:
    groups = group_code(code).split("-")
    room_mm = sheet.width * 0.55 - 5
    size = min(sheet.height * _POINTS_PER_MM / 5.5, room_mm * _POINTS_PER_MM / (4 * _GLYPH_EM), 22.0)
    return {
        "kind": "label", "qr": qr_svg(code), "alt": translator.text("paper.qr_code", code=group_code(code)),
        "groups": groups, "size": round(size, 1),
    }  # fmt: skip


def _pair_ticket(token: str, base_url: str, translator: Translator) -> dict[str, Any]:
    text = translator.text
    return {
        "kind": "ticket", "qr": qr_svg(lookup_address(base_url, token)), "alt": text("paper.qr_ticket"),
        "heading": text("paper.ticket"), "how": text("paper.how_short", address=_bare(base_url)),
        "groups": _lines(token, 2), "note": text("paper.keep"),
    }  # fmt: skip


def _lines(token: str, per_line: int) -> list[str]:
    groups = group_code(token).split("-")
    return ["-".join(groups[start : start + per_line]) for start in range(0, len(groups), per_line)]


def _bare(base_url: str) -> str:
    return lookup_address(base_url).removeprefix("https://").removeprefix("http://")


def ticket_pdf(paper: TicketPaper, translator: Translator) -> bytes:
    """A person's ticket as PDF: what to scan or type, what the page will say, when to come back, until when."""
    return render_pdf("ticket", ticket_data(paper, translator), created_at=paper.made_at)


def ticket_data(paper: TicketPaper, translator: Translator) -> dict[str, Any]:
    """What the template is given."""
    text = translator.text
    return {
        "lang": translator.language, "title": text("paper.ticket"), "network": paper.network,
        "heading": text("paper.ticket"), "qr": qr_svg(lookup_address(paper.base_url, paper.token)),
        "alt": text("paper.qr_ticket"), "scan": text("paper.scan"), "type": text("paper.type"),
        "address": _bare(paper.base_url), "groups": _lines(paper.token, 4),
        "lines": list(_ticket_lines(paper, translator)), "foot": text("paper.foot"),
    }  # fmt: skip


def _ticket_lines(paper: TicketPaper, translator: Translator) -> Iterable[str]:
    text = translator.text
    yield text("paper.says")
    if paper.half is None:
        yield text("paper.come_back_unknown")
    else:
        yield text("paper.come_back", span=translator.duration(paper.half))
    yield text("paper.until", day=translator.date(paper.ends_on))
    yield text("paper.lost")


def parcel_pdf(paper: ParcelPaper, translator: Translator) -> bytes:
    """A parcel's label as PDF."""
    return render_pdf("parcel", parcel_data(paper, translator), created_at=paper.made_at)


def parcel_data(paper: ParcelPaper, translator: Translator) -> dict[str, Any]:
    """What the template is given."""
    text = translator.text
    return {
        "lang": translator.language, "title": text("paper.parcel"), "network": paper.network,
        "qr": qr_svg(PARCEL_PREFIX + paper.seal_number), "alt": text("paper.qr_parcel", seal=paper.seal_number),
        "seal_word": text("paper.seal"), "seal": paper.seal_number,
        "facts": [
            [text("paper.from"), paper.from_site], [text("paper.to"), paper.to_site],
            [text("paper.holds"), text("paper.samples", n=paper.items)],
        ],
        "basis_word": text("paper.basis"), "basis": paper.legal_basis,
    }  # fmt: skip
