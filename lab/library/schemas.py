"""What people enter into the library."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from lab.kit.text import PlainText

_INCHIKEY = re.compile(r"[A-Z]{14}-[A-Z]{10}-[A-Z]")
_CAS = re.compile(r"(\d{2,7})-(\d\d)-(\d)")


def _inchikey(value: str) -> str:
    if not _INCHIKEY.fullmatch(value):
        message = "no InChIKey"
        raise ValueError(message)
    return value


def _cas(value: str) -> str:
    """A CAS number whose check digit holds (CAS: the digits before it, weighted by place from the right, modulo 10)."""
    match = _CAS.fullmatch(value)
    digits = (match[1] + match[2])[::-1] if match else ""
    if match is None or sum(n * int(digit) for n, digit in enumerate(digits, 1)) % 10 != int(match[3]):
        message = "no CAS number"
        raise ValueError(message)
    return value


Words = Annotated[PlainText, Field(min_length=1, max_length=1000)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SubstanceIn(_In):
    """A substance. ``names``: by language (``en``, ``fr``, ``nl``), or ``""`` for names of no language."""

    name: Annotated[PlainText, Field(min_length=1, max_length=200)]
    substance_class: Annotated[PlainText, Field(min_length=1, max_length=80)]
    cas: Annotated[str, AfterValidator(_cas)] | None = None
    inchikey: Annotated[str, AfterValidator(_inchikey)] | None = None
    source: Words
    active: bool = True
    names: dict[str, list[Annotated[PlainText, Field(max_length=300)]]] = Field(default_factory=dict)


class StandardIn(_In):
    """A correction standard of a system."""

    substance: Annotated[PlainText, Field(min_length=1, max_length=200)]
    hrfc: float = Field(gt=0, lt=100)


class SystemIn(_In):
    """A chromatographic system."""

    code: Annotated[PlainText, Field(min_length=1, max_length=60)]
    layer: Words
    mobile_phase: Words
    saturation: Annotated[PlainText, Field(max_length=1000)] = ""
    correction_standards: list[StandardIn] = Field(default_factory=list, max_length=20)
    error_window: Annotated[PlainText, Field(max_length=1000)] = ""
    source: Words
    source_url: Annotated[PlainText, Field(max_length=1000)] = ""
    note: Annotated[PlainText, Field(max_length=1000)] = ""


class ColourIn(_In):
    """A colour reaction with where it was seen and who says so."""

    reagent: Annotated[PlainText, Field(min_length=1, max_length=120)]
    colour_text: Words
    where: Annotated[PlainText, Field(min_length=1, max_length=40)]
    source: Words
    source_url: Annotated[PlainText, Field(max_length=1000)] = ""
    note: Annotated[PlainText, Field(max_length=1000)] = ""
