"""The rows and blocks of the first page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that waits for somebody."""

    href: str
    title: str
    is_code: bool = False
    text: str = ""
    sub: str = ""
    badge: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Block:
    """A list of things that wait; ``name`` finds its texts."""

    name: str
    rows: Sequence[Row]

    @property
    def oldest(self) -> datetime | None:
        return min((row.at for row in self.rows if row.at), default=None)
