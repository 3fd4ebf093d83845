"""No text speaks of people who use drugs in words that shame them.

Sources: NIDA, "Words Matter: Preferred Language for Talking About Addiction"; Agence de la santé publique du Canada,
"Parler de la consommation de substances de manière humaniste, sécuritaire et non stigmatisante" (2020); VAD,
"Inspiratietekst Taal en Stigma" (2020). What is said of a person counts; "drogue" and "drug" are names of things.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

import templates
from templates.i18n import LANGUAGES, translator

SHAMING = {
    "en": re.compile(
        r"\b(addicts?|junk(?:y|ies?)|abusers?|(?:drug|substance|alcohol)\s+abuse|drug[- ]users?"
        r"|users? of drugs|druggies?"
        r"|crackheads?|pill[- ]poppers?|(?:stay|get|be|been|being)\s+clean|dirty\s+(?:urine|test|sample)s?"
        r"|drug\s+habits?|drunks?|alcoholics?|stoners?|potheads?)\b",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"\b(toxicomanes?|toxicomanies?|toxicos?|drogué(?:e|s|es)?|junkies?|camé(?:e|s|es)?|accros?|cracké(?:e|s|es)?"
        r"|alcooliques?|ivrognes?|poivrots?|abus\s+de\s+(?:drogues?|substances?|stupéfiants?)"
        r"|(?:consommat|usag)(?:eur|euse|er|ère)s?\s+abusi(?:f|ve)s?|fléau)\b",
        re.IGNORECASE,
    ),
    "nl": re.compile(
        r"\b(verslaafden?|junk(?:s|ie|ies)?|drugsverslaafden?|drugs?misbruik|(?:drug|middelen|alcohol)misbruik"
        r"|misbruikers?|alcoholisten?|dronkaards?|spuiters?)\b",
        re.IGNORECASE,
    ),
}


def shaming(text: str, *languages: str) -> list[str]:
    return [found[0] for language in languages for found in SHAMING[language].finditer(text)]


def strings(node: object) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_shames_anybody(language: str) -> None:
    said = {
        key: found
        for key, text in translator(language).catalogue.items()
        for form in ([text] if isinstance(text, str) else text)
        if (found := shaming(form, language))
    }
    assert said == {}


def test_no_template_shames_anybody() -> None:
    (root,) = templates.__path__
    pages = [path for path in Path(root).rglob("*") if path.suffix in {".html", ".jinja", ".typ", ".txt", ".j2"}]
    assert len(pages) > 20
    said = {path.name: found for path in pages if (found := shaming(path.read_text(encoding="utf-8"), *LANGUAGES))}
    assert said == {}


def test_no_rule_shames_anybody() -> None:
    rules = tomllib.loads((files("alerts.rules") / "rules.toml").read_text(encoding="utf-8"))
    texts = list(strings(rules))
    assert len(texts) > 20
    assert [found for text in texts if (found := shaming(text, *LANGUAGES))] == []


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "an addict"), ("en", "Drug abuse kills"), ("fr", "les toxicomanes"), ("fr", "une droguée"),
     ("nl", "de verslaafde"), ("nl", "Drugsmisbruik")],
)  # fmt: skip
def test_the_search_for_shaming_words_can_fail(language: str, text: str) -> None:
    assert shaming(text, language)


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "people who use drugs"), ("fr", "le réseau d'analyse de drogues"), ("fr", "une personne qui consomme"),
     ("nl", "mensen die drugs gebruiken"), ("en", "Blank: clean")],
)  # fmt: skip
def test_plain_words_pass(language: str, text: str) -> None:
    assert shaming(text, language) == []
