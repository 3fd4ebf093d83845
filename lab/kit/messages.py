"""What is to be said, as an id with parameters. ``api`` alone renders it, in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Param = str | int | float | tuple[str, ...] | None
"""A tuple is a list in words: each member rendered, with commas between."""


@dataclass(frozen=True)
class Message:
    """A message id of ``templates/locale`` and the values that go into it."""

    id: str
    params: Mapping[str, Param] = field(default_factory=dict)
