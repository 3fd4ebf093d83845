"""What is known of a channel without setting one up: which addresses it takes, and how much of an alert it carries.

Each channel's own file says both, in ``accept`` and ``CARRIES``, and is found by its name, which is the word for it in
:class:`~alerts.vocabulary.ChannelKind`: a new channel needs no line here.
"""

from collections.abc import Callable
from enum import Enum
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import cast

from alerts.vocabulary import ChannelKind


class Carries(Enum):
    """How much of an alert a channel carries, and to whom."""

    LETTER = "letter"  # the whole text, with the recipient's own links in it
    LINE = "line"  # the one line of a text message, and a link to the rest
    TO_MANY = "to_many"  # the whole text, without links by which one reader would leave for all


@cache
def _file_of(kind: ChannelKind) -> ModuleType:
    return import_module(f"alerts.channels.{kind.value}")


def accept(kind: ChannelKind, address: str) -> str:
    """``address`` as it is stored; raises a child of :class:`~lab.errors.InvalidError` where nothing can be sent."""
    return cast("Callable[[str], str]", _file_of(kind).accept)(address)


def carries(kind: ChannelKind) -> Carries:
    """How much of an alert goes by ``kind``."""
    return cast("Carries", _file_of(kind).CARRIES)
