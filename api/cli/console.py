"""How commands speak: to people on the terminal, to programs in JSON, and in one sentence when they fail."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from rich.console import Console

from lab.errors import LabError
from templates.i18n import translator

out = Console()
err = Console(stderr=True)

EXIT_FAILED = 1  # the thing was tried and did not hold
EXIT_BAD_INPUT = 2  # what was given cannot be used


def fail(sentence: str, *, code: int = EXIT_BAD_INPUT) -> NoReturn:
    """Say what is wrong and what to do, on standard error, and stop."""
    err.print(sentence, style="red", markup=False, highlight=False, soft_wrap=True)
    raise SystemExit(code)


def print_json(document: Any) -> None:
    """One JSON document on standard output, for programs."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


@contextmanager
def speaking_plainly() -> Iterator[None]:
    """Turn the domain's errors into one sentence; commands speak English."""
    try:
        yield
    except LabError as error:
        fail(translator("en").text(error.message.id, **error.message.params))
