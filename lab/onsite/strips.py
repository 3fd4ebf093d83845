"""Strips whose detection limit was found in print. Any other is entered with the limit on its packet."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Strip:
    """A strip on the market. ``limit_text`` is what its source says, in the words of this project."""

    id: str
    name: str
    target_class: str
    limit_low_ng_ml: float
    limit_high_ng_ml: float
    limit_text: str
    source: str
    source_url: str

    @property
    def limit(self) -> str:
        """The limit as it is written beside a result; where lots differ, both ends."""
        low, high = f"{self.limit_low_ng_ml:g}", f"{self.limit_high_ng_ml:g}"
        return f"{low} ng/mL" if low == high else f"{low}-{high} ng/mL"


@cache
def known_strips() -> Sequence[Strip]:
    """The shipped strips."""
    text = resources.files("lab.onsite").joinpath("data", "strips.csv").read_text(encoding="utf-8")
    return tuple(
        Strip(
            **{name: cell for name, cell in row.items() if not name.startswith("limit_") or name == "limit_text"},
            limit_low_ng_ml=float(row["limit_low_ng_ml"]),
            limit_high_ng_ml=float(row["limit_high_ng_ml"]),
        )
        for row in csv.DictReader(text.splitlines(), strict=True)
    )


def find_strip(strip_id: str) -> Strip | None:
    """The shipped strip with this id."""
    return next((strip for strip in known_strips() if strip.id == strip_id), None)
