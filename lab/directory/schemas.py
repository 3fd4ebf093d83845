"""What goes into an entry of the directory, and what an import answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from lab.directory.models import ServiceKind
from lab.kit.messages import Message
from lab.kit.text import PlainText


class EntryIn(BaseModel):
    """A service as the network writes it down. ``valid_until`` has no default: somebody must say when to look again."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    kind: ServiceKind
    name: PlainText = Field(min_length=1, max_length=160)
    country: PlainText | None = Field(default=None, pattern="^[A-Z]{2}$")
    area: PlainText = Field(default="", max_length=200)
    languages: list[PlainText] = Field(default_factory=list, max_length=12)
    telephone: PlainText | None = Field(default=None, max_length=40)
    web: PlainText | None = Field(default=None, max_length=300)
    hours: PlainText = Field(default="", max_length=200)
    purpose: PlainText = Field(default="", max_length=400)
    valid_until: date
    source_url: PlainText | None = Field(default=None, max_length=300)
    source_read_on: date | None = None


@dataclass(frozen=True)
class RefusedLine:
    """A line of a file that was not taken in: its number, the column and what is wrong."""

    line: int
    column: str
    message: Message


@dataclass(frozen=True)
class ImportReport:
    """What came of a file: lines that were taken in, changed or there already, and those refused."""

    added: int
    changed: int
    unchanged: int
    refused: Sequence[RefusedLine]


@dataclass(frozen=True)
class Standing:
    """How the directory stands on a day: how many entries a person can see, and how many need somebody."""

    shown: int
    unconfirmed: int
    expiring: int
    expired: int
    ended: int
