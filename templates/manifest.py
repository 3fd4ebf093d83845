"""The manifest of a parcel on paper: what travels, on which legal basis, and room for three signatures.

Its contents are named by code alone: neither what is in a container nor who brought it stands on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from templates.environment import group_code
from templates.i18n import Translator
from templates.labels import PARCEL_PREFIX
from templates.pdf import render_pdf
from templates.qr import qr_svg

SEAL_STATES = ("intact", "broken", "missing")
SIGNATURES = ("packed", "carried", "received")


@dataclass(frozen=True, kw_only=True)
class LegalBasis:
    """On what the transport rests. Without a declared route it is the words that were given, in ``words``."""

    words: str
    authorisation: str = ""
    circular: str = ""
    departure_district: str = ""
    arrival_district: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class ManifestPaper:
    """What is printed. ``ends``: name and area of departure and arrival; ``lines``: code, seal, micrograms or None."""

    network: str
    exercise: bool
    seal_number: str
    parcel_id: str
    ends: tuple[tuple[str, str], tuple[str, str]]
    basis: LegalBasis
    packed_at: datetime
    zone: ZoneInfo
    lines: Sequence[tuple[str, str | None, int | None]]
    digest: str


def manifest_pdf(paper: ManifestPaper, translator: Translator) -> bytes:
    """The manifest as PDF, in the translator's language; the same parcel gives the same bytes."""
    data = manifest_data(paper, translator)
    return render_pdf("manifest", data, created_at=paper.packed_at.replace(microsecond=0))


def manifest_data(paper: ManifestPaper, translator: Translator) -> dict[str, Any]:
    """What the template is given."""
    text = translator.text
    (start, start_area), (end, end_area) = paper.ends
    return {
        "lang": translator.language, "network": paper.network,
        "title": text("manifest.title", seal=paper.seal_number),
        "exercise": text("manifest.exercise") if paper.exercise else "",
        "intro": text("manifest.intro", n=len(paper.lines)),
        "ends": [
            [text("custody.from"), start, start_area, _district(paper.basis.departure_district, translator)],
            [text("custody.to"), end, end_area, _district(paper.basis.arrival_district, translator)],
        ],
        "seal_word": text("custody.parcel_seal"), "seal": paper.seal_number,
        "qr": qr_svg(PARCEL_PREFIX + paper.seal_number), "alt": text("paper.qr_parcel", seal=paper.seal_number),
        "packed": [text("custody.packed_at"), translator.moment(paper.packed_at, paper.zone)],
        "basis_title": text("custody.legal_basis"), "basis": _basis(paper.basis, translator),
        "columns": [text(f"manifest.column.{name}") for name in ("number", "code", "seal", "mass", "arrived", "note")],
        "lines": [
            [str(number), group_code(code), seal or "-", _mass(mass_ug, translator)]
            for number, (code, seal, mass_ug) in enumerate(paper.lines, 1)
        ],
        "total": [text("manifest.total", n=len(paper.lines)), _total(paper, translator)],
        "arrival_title": text("manifest.arrival"), "seal_states": [text(f"seal_state.{name}") for name in SEAL_STATES],
        "seal_on_arrival": text("receiving.parcel_seal"), "condition": text("custody.condition"),
        "signatures": [
            [text(f"manifest.signature.{name}"), text("manifest.function"), text("manifest.moment"),
             text("manifest.signed")]
            for name in SIGNATURES
        ],
        "proof": text("manifest.proof"), "digest": paper.digest, "parcel": paper.parcel_id, "key": text("manifest.key"),
    }  # fmt: skip


def _district(name: str, translator: Translator) -> str:
    return translator.text("manifest.district", name=name) if name else ""


def _basis(basis: LegalBasis, translator: Translator) -> list[list[str]]:
    text = translator.text
    said = [
        [text("stock_rules.authorisation"), basis.authorisation], [text("stock_rules.circular"), basis.circular],
        [text("stock_rules.district"), basis.departure_district],
        [text("stock_rules.arrival_district"), basis.arrival_district],
    ]  # fmt: skip
    if basis.valid_until is not None:
        said.append([text("stock_rules.valid_until"), translator.date(basis.valid_until)])
    return [row for row in said if row[1]] or [["", basis.words]]


def _mass(mass_ug: int | None, translator: Translator) -> str:
    return translator.text("register.unweighed") if mass_ug is None else f"{translator.number(mass_ug / 1000, 3)} mg"


def _total(paper: ManifestPaper, translator: Translator) -> str:
    known = [mass_ug for _, _, mass_ug in paper.lines if mass_ug is not None]
    return _mass(sum(known) if known else None, translator)
