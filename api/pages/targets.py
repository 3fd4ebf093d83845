"""The groups that a targeted test may look for, as a form offers them."""

from sqlmodel import Session

from lab.onsite.service import target_classes
from templates.i18n import Translator


def target_options(session: Session, translator: Translator) -> list[tuple[str, str]]:
    """The groups of the vocabulary, in the words of the page where it has some."""
    named = {name: f"substance_class.{name.replace(' ', '_')}" for name in target_classes(session)}
    return [(name, translator.text(key) if translator.has(key) else name) for name, key in named.items()]
