"""Text that both databases can hold."""

from typing import Annotated

from pydantic import AfterValidator


def without_nul(value: str) -> str:
    """``value``, unless it holds the NUL character, which PostgreSQL refuses and SQLite cuts at."""
    if "\x00" in value:
        message = "a text cannot hold the NUL character"
        raise ValueError(message)
    return value


PlainText = Annotated[str, AfterValidator(without_nul)]
