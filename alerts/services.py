"""What ``api`` composes for ``alerts``: rendering, channels, keys, and how this deployment presents itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from alerts.channels.base import Channel
from alerts.deliveries.gate import Gate
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import ChannelKind
from lab.contacts.keys import ContactKeys
from lab.contacts.schemas import Retention
from lab.kit.messages import Message


class DraftRenderer(Protocol):
    """Turns message ids into a language. ``api/rendering.py`` is one, on ``templates/``."""

    def text(self, message: Message, *, language: str) -> str:
        """The text of ``message``; a parameter ``n`` chooses the plural."""
        ...

    def date(self, day: date, *, language: str) -> str:
        """A day in words, such as "21 November 2026"."""
        ...

    def document(self, name: str, *, language: str, values: Mapping[str, object]) -> str:
        """The plain-text template ``name`` (under ``templates/``) filled with ``values``."""
        ...


@dataclass(frozen=True)
class AlertServices:
    """Found in a task's context by its type.

    ``base_url``: where this deployment is reached from outside, without a final slash. ``sender``: the CAP sender,
    an identifier that the deployment guards, such as ``alerts.example.org`` (no spaces, commas, < or &).
    ``exercise``: a demo or a training: everything sent says so. ``contact_keys`` opens the contacts of people who
    brought a sample; ``retention`` is how long they are kept. ``gate``: one round of sending at a time.
    """

    renderer: DraftRenderer
    channels: Mapping[ChannelKind, Channel]
    tokens: TokenKey
    base_url: str
    sender: str
    exercise: bool
    contact_keys: ContactKeys
    retention: Retention
    network: str = ""  # what this network calls itself, for "found by"
    gate: Gate = field(default_factory=Gate, repr=False, compare=False)
