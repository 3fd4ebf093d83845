"""Which harm-reduction lines go with an answer, from ``advice.toml``: pure, the same for everybody, each sourced."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from lab.kit.messages import Message
from lab.results.models import Conclusion
from lab.results.schemas import AmountUnit, Answer, Found
from lab.results.wording import opioids_unseen

_Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,39}$")]
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2)]


class Source(BaseModel):
    """Where a line comes from, and when that was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    publisher: _Text
    title: _Text
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
    read_on: date


class Rule(BaseModel):
    """One line and when it is said: when every condition that it states holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: _Id
    source: _Id
    classes: tuple[_Text, ...] = ()
    substances: tuple[_Text, ...] = ()
    but_not: tuple[_Text, ...] = ()
    conclusions: tuple[Conclusion, ...] = ()
    unidentified: bool = False
    opioids_unseen: bool = False
    mg_per_unit_over: float | None = Field(default=None, gt=0)


class Rules(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: dict[_Id, Source]
    line: tuple[Rule, ...]

    @model_validator(mode="after")
    def _every_line_has_its_source(self) -> "Rules":
        unsourced = [line.id for line in self.line if line.source not in self.source]
        doubled = len({line.id for line in self.line}) != len(self.line)
        if unsourced or doubled:
            message = f"lines without a source: {unsourced}" if unsourced else "two lines have one id"
            raise ValueError(message)
        return self


@dataclass(frozen=True)
class Advice:
    """One line to say, as a message id, with its source."""

    id: str
    source: Source

    @property
    def message(self) -> Message:
        """The line for whoever renders it."""
        return Message(f"advice.{self.id}")


@cache
def shipped_rules() -> Rules:
    """The rules of ``advice.toml``."""
    text = files("lab.advice").joinpath("advice.toml").read_text(encoding="utf-8")
    return Rules.model_validate(tomllib.loads(text))


def advice_for(answer: Answer | None, *, rules: Rules | None = None) -> tuple[Advice, ...]:
    """The lines for ``answer``, in the order to be said; without an answer, those that always hold."""
    chosen = rules or shipped_rules()
    return tuple(Advice(rule.id, chosen.source[rule.source]) for rule in chosen.line if _holds(rule, answer))


def _holds(rule: Rule, answer: Answer | None) -> bool:
    if answer is None:
        return not _is_conditional(rule)
    if (rule.classes or rule.substances) and not any(_names(rule, one) for one in answer.found):
        return False
    if rule.conclusions and answer.conclusion not in rule.conclusions:
        return False
    if rule.unidentified and all(one.is_identified for one in answer.found):
        return False
    return not rule.opioids_unseen or opioids_unseen(answer.runs, answer.found)


def _is_conditional(rule: Rule) -> bool:
    given: Sequence[object] = (
        rule.classes, rule.substances, rule.conclusions, rule.unidentified, rule.opioids_unseen,
    )  # fmt: skip
    return any(given)


def _names(rule: Rule, found: Found) -> bool:
    """Whether ``found`` is what the rule speaks of, in the amount that it asks for."""
    if found.substance in rule.but_not and found.substance is not None:
        return False
    if found.substance not in rule.substances and found.substance_class not in rule.classes:
        return False
    least = rule.mg_per_unit_over
    if least is None:
        return True
    return any(one.value > least for one in found.amounts if one.unit == AmountUnit.MG_PER_UNIT.value)
