"""Every text that is asked for exists in French, Dutch and English, says the same things, and promises nothing."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from enum import Enum, StrEnum

import pytest

import alerts
import lab
from lab.results.schemas import ColourWord
from templates.i18n import LANGUAGES, Text, enum_id, placeholders, translator
from tests.templates.texts import begun_ids, whole_ids
from tlc_analysis.model import FeatureKind, Flag

# "sûr", "veilig", "safe" and their kin: also in a negation, the hurried reader remembers the word.
REASSURING = re.compile(
    r"\b(safe|safely|safest|harmless|risk[- ]free|innocuous"
    r"|sûre?s?|sûrement|inoffensi(?:f|ve)s?|anodine?s?|sans\s+(?:risque|danger)s?"
    r"|veilige?|veiliger|onschadelijke?|ongevaarlijke?|onschuldige?|risicoloo?s|risicoloze)\b",
    re.IGNORECASE,
)
# Enumerations that no page labels: what they name stays inside.
SILENT = {
    "Category", "ChangeKind", "ColourWord", "Direction", "EntryMode", "Failure", "Guard", "Permission", "Purpose",
    "Stage", "Tls", "Topic", "Tier", "OrderState", "PictureFormat", "ProposalState",
}  # fmt: skip


def said(text: Text) -> str:
    return text if isinstance(text, str) else " / ".join(text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_asked_for_exists(language: str) -> None:
    speak = translator(language)
    missing = {key: path.name for key, path in whole_ids().items() if not speak.has(key)}
    assert missing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_begun_id_can_be_completed(language: str) -> None:
    known = translator(language).catalogue
    missing = {
        start: path.name for start, path in begun_ids().items() if not any(key.startswith(start) for key in known)
    }
    assert missing == {}


def labelled() -> Iterator[Enum]:
    """Members of the enumerations of the domain that people see."""
    kinds: set[type[StrEnum]] = set()
    for package in (lab, alerts):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for kind in vars(importlib.import_module(module.name)).values():
                if inspect.isclass(kind) and issubclass(kind, StrEnum) and kind.__module__ == module.name:
                    kinds.add(kind)
    for kind in sorted(kinds, key=lambda kind: kind.__name__):
        if kind.__name__ not in SILENT and not kind.__module__.endswith(("machine", "lifecycle", "transitions")):
            yield from kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_member_that_people_see_has_its_word(language: str) -> None:
    speak = translator(language)
    missing = {enum_id(member) for member in labelled() if not speak.has(enum_id(member))}
    assert missing == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_flag_feature_and_colour_of_a_reading_has_its_words(language: str) -> None:
    speak = translator(language)
    ids = [f"flag.{flag.value}" for flag in Flag] + [f"feature.{kind.value}" for kind in FeatureKind]
    ids += [f"colour_word.{word.value}" for word in ColourWord]
    assert [key for key in ids if not speak.has(key)] == []


def test_the_languages_have_the_same_texts() -> None:
    fr, nl, en = (set(translator(language).catalogue) for language in ("fr", "nl", "en"))
    assert (fr ^ en) == set()
    assert (nl ^ en) == set()


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_the_languages_name_the_same_things_in_each_text(language: str) -> None:
    english, other = translator("en").catalogue, translator(language).catalogue
    unequal = {key for key in english if placeholders(english[key]) != placeholders(other[key])}
    assert unequal == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_forms_of_a_plural_know_the_same_names(language: str) -> None:
    for key, text in translator(language).catalogue.items():
        if not isinstance(text, str):
            assert placeholders(text[0]) <= placeholders(text[1]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_reassures(language: str) -> None:
    found = {key: said(text) for key, text in translator(language).catalogue.items() if REASSURING.search(said(text))}
    assert found == {}


def test_the_search_for_reassuring_words_can_fail() -> None:
    for text in ("It is safe.", "C’est sans danger", "produit sûr", "dit is veilig", "ongevaarlijke stof"):
        assert REASSURING.search(text)


def test_the_search_for_ids_finds_them() -> None:
    assert {"sign_in.title", "plate.legend.band", "error.alert.own_text"} <= set(whole_ids())
    assert {"colour_word.", "flag.", "limits."} & set(begun_ids()) == {"colour_word.", "flag."}
