"""Languages: negotiation, plurals, numbers, durations, and what happens when a text is missing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lab.samples.models import SampleForm
from templates.i18n import (
    CatalogueError,
    DoubleTextWarning,
    MissingTextWarning,
    Translator,
    negotiate,
    placeholders,
    read_catalogue,
    translator,
)

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def write(folder: Path, name: str, body: str) -> None:
    (folder / "en").mkdir(exist_ok=True)
    (folder / "en" / name).write_text(HEADER + body, encoding="utf-8")


def test_catalogues_of_a_language_are_merged(tmp_path: Path) -> None:
    write(tmp_path, "a.po", 'msgid "one"\nmsgstr "1"\n')
    write(tmp_path, "b.po", 'msgid "two"\nmsgid_plural "two"\nmsgstr[0] "a %(n)s"\nmsgstr[1] "b %(n)s"\n')
    assert read_catalogue("en", folder=tmp_path) == {"one": "1", "two": ("a %(n)s", "b %(n)s")}


def test_an_id_given_twice_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.po", 'msgid "one"\nmsgstr "1"\n')
    write(tmp_path, "b.po", 'msgid "one"\nmsgstr "2"\n')
    with pytest.warns(DoubleTextWarning, match=r"b\.po gives 'one'"):
        assert read_catalogue("en", folder=tmp_path) == {"one": "1"}


def test_a_plural_without_its_second_form_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.po", 'msgid "two"\nmsgid_plural "two"\nmsgstr[0] "a"\nmsgstr[1] ""\n')
    with pytest.raises(CatalogueError):
        read_catalogue("en", folder=tmp_path)


def test_a_missing_text_shows_its_id_and_warns() -> None:
    with pytest.warns(MissingTextWarning, match=r"no\.such\.text"):
        assert translator("fr").text("no.such.text") == "no.such.text"


def test_a_missing_value_is_an_error() -> None:
    speak = Translator("en", {"greeting": "Hello %(name)s, 100 %%"})
    assert speak.text("greeting", name="you") == "Hello you, 100 %"
    with pytest.raises(KeyError):
        speak.text("greeting")


@pytest.mark.parametrize(("language", "n", "form"), [("fr", 0, "un"), ("fr", 1, "un"), ("fr", 2, "des"),
                                                     ("nl", 0, "des"), ("nl", 1, "un"), ("en", 0, "des")])  # fmt: skip
def test_zero_is_singular_in_french_alone(language: str, n: int, form: str) -> None:
    assert Translator(language, {"x": ("un", "des")}).text("x", n=n) == form


def test_numbers_in_texts_are_written_as_the_language_writes_them() -> None:
    assert Translator("fr", {"x": "%(v)s mg"}).text("x", v=1234.5) == "1\u202f234,5 mg"
    assert Translator("nl", {"x": "%(v)s mg"}).text("x", v=1234.5) == "1.234,5 mg"
    assert Translator("en", {"x": "%(v)s mg"}).text("x", v=1234.5) == "1,234.5 mg"


def test_numbers_keep_the_digits_that_are_asked_for() -> None:
    assert translator("fr").number(33.04, 1) == "33,0"
    assert translator("en").number(33.5, 0) == "34"


def test_dates_and_moments_are_local() -> None:
    at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert translator("fr").date(date(2026, 11, 21)) == "21 novembre 2026"
    assert translator("nl").moment(at, ZoneInfo("Europe/Brussels")) == "2 jul 2026 00:30"
    assert translator("en").moment(at).endswith("22:30 UTC")


@pytest.mark.parametrize(("minutes", "words"), [(0.5, "just now"), (4, "4 mins"), (95, "95 mins"), (150, "2 hrs"),
                                                (60 * 30, "1 day")])  # fmt: skip
def test_a_wait_is_told_in_minutes_up_to_two_hours(minutes: float, words: str) -> None:
    assert translator("en").duration(timedelta(minutes=minutes)).replace("\u202f", " ") == words


def test_an_enumeration_speaks_every_language() -> None:
    assert [translator(language).label(SampleForm.POWDER) for language in ("fr", "nl", "en")] == [
        "poudre", "poeder", "powder",
    ]  # fmt: skip
    assert translator("fr").label(None) == ""


def test_placeholders_are_those_of_the_general_form() -> None:
    assert placeholders(("one", "%(n)s of %(all)s")) == {"n", "all"}


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("nl-BE,nl;q=0.9,en;q=0.8", "nl"),
        ("de-DE,en;q=0.5,fr;q=0.7", "fr"),
        ("en;q=0,nl;q=0.1", "nl"),
        ("pt", "fr"),
        ("en;q=rubbish, nl;q=0.2", "nl"),
        ("", "fr"),
    ],
)
def test_the_browser_is_asked_for_its_best_language(header: str, language: str) -> None:
    assert negotiate(accept_language=header) == language


def test_a_choice_by_hand_comes_before_account_and_browser() -> None:
    assert negotiate(asked="en", account="nl", accept_language="fr") == "en"
    assert negotiate(asked="xx", account="nl", accept_language="fr") == "nl"
