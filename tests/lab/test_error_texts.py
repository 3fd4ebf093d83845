"""Every error can be said in every language, with all that its text asks for."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab
from lab.errors import LabError
from templates.i18n import LANGUAGES, placeholders, translator

COMPLETED = {"UnreadableError"}  # the command that reads the file adds its name


def kinds(root: type[LabError] = LabError) -> Iterator[type[LabError]]:
    """All classes of errors of ``lab``."""
    for module in pkgutil.walk_packages(lab.__path__, "lab."):
        importlib.import_module(module.name)
    waiting = [root]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.__module__.startswith("lab."):
            yield kind


def raised() -> Iterator[tuple[str, int, str, set[str]]]:
    """Every ``XError`` that is raised or made in ``lab``: file, line, class and the names it is given."""
    (root,) = lab.__path__
    for path in sorted(Path(root).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            made = node.exc if isinstance(node, ast.Raise) else node
            if isinstance(made, ast.Name) and isinstance(node, ast.Raise):
                yield path.name, node.lineno, made.id, set()
            elif isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and not made.args:
                given = {word.arg for word in made.keywords}
                if None not in given:  # **what is made elsewhere
                    yield path.name, made.lineno, made.func.id, {name for name in given if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_has_its_text(language: str) -> None:
    speak = translator(language)
    missing = {kind.message_id for kind in kinds() if not speak.has(kind.message_id)}
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_error_is_given_what_its_text_asks_for(language: str) -> None:
    speak = translator(language)
    asked: dict[str, list[frozenset[str]]] = {}  # two packages may use one name
    for kind in kinds():
        asked.setdefault(kind.__name__, []).append(placeholders(speak.catalogue.get(kind.message_id, "")))
    wanting = [
        (file, line, name)
        for file, line, name, given in raised()
        if name in asked.keys() - COMPLETED and not any(names <= given for names in asked[name])
    ]
    assert wanting == []
