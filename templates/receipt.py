"""The receipt of custody on paper: what it is over, its code, and a QR code that leads to the proof."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from templates.i18n import Translator
from templates.pdf import render_pdf
from templates.qr import qr_svg


@dataclass(frozen=True, kw_only=True)
class ReceiptPaper:
    """What stands on a receipt. ``events``: place in the log, what happened, seal, when, and when it was recorded."""

    code: str
    address: str
    network: str
    exercise: bool
    events: Sequence[tuple[int, StrEnum, str | None, datetime, datetime]]
    size: int
    root: str
    origin: str
    fingerprint: str
    made_at: datetime


def receipt_pdf(paper: ReceiptPaper, speak: Translator) -> bytes:
    """The receipt as a PDF."""
    text = speak.text
    utc = "%Y-%m-%d %H:%M:%S UTC"
    data = {
        "lang": speak.language, "network": paper.network, "title": text("proof.receipt.title"),
        "exercise": text("proof.exercise") if paper.exercise else "",
        "intro": text("proof.receipt.intro", n=len(paper.events)), "alt": paper.address,
        "columns": [text(f"proof.column.{name}") for name in ("entry", "what", "seal", "when", "recorded")],
        "rows": [
            [str(seq), speak.label(action), seal or "-", at.strftime(utc), recorded.strftime(utc)]
            for seq, action, seal, at, recorded in paper.events
        ],
        "facts": [
            [text("proof.receipt.code"), paper.code], [text("proof.log"), paper.origin],
            [text("proof.entries"), str(paper.size)], [text("proof.root"), paper.root],
            [text("proof.fingerprint"), paper.fingerprint],
        ],
        "check": text("proof.receipt.check"), "address": paper.address,
    }  # fmt: skip
    return render_pdf("receipt", data, attachments={"qr": qr_svg(paper.address)}, created_at=paper.made_at)
