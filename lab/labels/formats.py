"""The label sheets of ``formats.toml``, each with the source of its measures."""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from lab.labels.errors import LabelFormatUnknownError


class Format(BaseModel):
    """One kind of sheet or roll; lengths in millimetres."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=20)
    title: str
    source: str = Field(min_length=10)
    width: float = Field(gt=20)
    height: float = Field(gt=15)
    columns: int = Field(ge=1)
    rows: int = Field(ge=1)
    x0: float = Field(ge=0)
    y0: float = Field(ge=0)
    dx: float
    dy: float
    page_width: float = 210.0
    page_height: float = 297.0
    pairs: bool = False
    cut_lines: bool = False

    def per_sheet(self, *, with_tickets: bool) -> int:
        """How many labels one sheet holds; a ticket takes the place beside its label."""
        return self.rows * (self.columns // 2 if with_tickets else self.columns)

    def places(self) -> Iterator[tuple[float, float]]:
        """The top-left corners of a sheet's places, in reading order."""
        for row in range(self.rows):
            for column in range(self.columns):
                yield self.x0 + column * self.dx, self.y0 + row * self.dy


@cache
def formats() -> tuple[Format, ...]:
    """Every sheet, in the order of the file."""
    text = files("lab.labels").joinpath("formats.toml").read_text(encoding="utf-8")
    return tuple(Format.model_validate(entry) for entry in tomllib.loads(text)["format"])


def format_named(name: str, *, with_tickets: bool = False) -> Format:
    """The sheet called ``name``; raises :class:`LabelFormatUnknownError`, also where it has no room for tickets."""
    found = next((one for one in formats() if one.name == name and (one.pairs or not with_tickets)), None)
    if found is None:
        raise LabelFormatUnknownError(names=", ".join(one.name for one in formats() if one.pairs or not with_tickets))
    return found
