"""What a worker enters of a strip or a reagent test."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from lab.kit.text import PlainText


class StripLines(StrEnum):
    """The lines seen on a strip. On these competitive tests a missing test line is the finding."""

    CONTROL_AND_TEST = "control_and_test"  # nothing above the limit
    CONTROL_ONLY = "control_only"  # detected
    NO_CONTROL = "no_control"  # the strip did not work: repeat


class ReactionColour(StrEnum):
    """What a drop of reagent turned, simple enough to be picked at night under a lamp."""

    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    PINK = "pink"
    PURPLE = "purple"
    BLUE = "blue"
    GREEN = "green"
    BROWN = "brown"
    BLACK = "black"
    GREY = "grey"


class Verdict(StrEnum):
    """What the worker takes from a reagent test; it never says more than a colour can."""

    FITS = "fits"  # as reported for what it was sold as
    DIFFERS = "differs"  # a reaction, and not that one
    NO_REACTION = "no_reaction"
    SPOILED = "spoiled"  # wet, dirty, expired: repeat


class StripIn(BaseModel):
    """One strip: a known one by ``strip_id``, or any other with what its packet says."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    strip_id: PlainText | None = Field(default=None, max_length=40)
    name: PlainText | None = Field(default=None, max_length=60)
    target_class: PlainText | None = Field(default=None, max_length=80)
    limit_ng_ml: float | None = Field(default=None, gt=0, le=1e9, allow_inf_nan=False)  # on the packet
    lot: PlainText | None = Field(default=None, max_length=40)
    lines: StripLines | None = None


class ReagentIn(BaseModel):
    """One reagent test."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reagent: PlainText | None = Field(default=None, max_length=60)
    reaction_colours: list[ReactionColour] = Field(default_factory=list, max_length=4)
    lot: PlainText | None = Field(default=None, max_length=40)
    verdict: Verdict | None = None
