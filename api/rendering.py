"""Turns what ``lab`` and ``alerts`` state into words, with the texts and templates of ``templates/``."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from lab.kit.messages import Message
from templates.environment import render
from templates.i18n import translator


class Renderer:
    """The :class:`alerts.services.DraftRenderer` of the application."""

    def text(self, message: Message, *, language: str) -> str:
        """The text of ``message``; a parameter ``n`` chooses the plural."""
        return translator(language).text(message.id, **message.params)

    def date(self, day: date, *, language: str) -> str:
        """A day in words."""
        return translator(language).date(day)

    def document(self, name: str, *, language: str, values: Mapping[str, object]) -> str:
        """The plain-text template ``name`` filled with ``values``."""
        context: dict[str, Any] = dict(values)
        return render(name, translator=translator(language), **context)
