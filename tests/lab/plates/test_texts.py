"""Everything this room has to say is said in all three languages."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import lab.plates
from lab.plates import errors
from lab.plates.sandbox import Failure
from templates.i18n import LANGUAGES, LOCALE_DIR, placeholders

ROOM = Path(lab.plates.__file__).parent
SAID = re.compile(r'Message\("(plate\.[a-z_.]+)"')


def said() -> set[str]:
    """The ids in the code: of errors, of failures, and of problems of an interpretation."""
    own = {kind.message_id for kind in vars(errors).values() if getattr(kind, "__module__", "") == errors.__name__}
    problems = {found for path in ROOM.glob("*.py") for found in SAID.findall(path.read_text())}
    return own | problems | {failure.value for failure in Failure} | {"plate.correction.out_of_order"}


def texts(language: str) -> dict[str, str]:
    with (LOCALE_DIR / language / "plates.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_of_this_room_has_its_text_and_no_text_is_left_over(language: str) -> None:
    assert set(texts(language)) == said()
    assert all(texts(language).values())


def test_the_languages_name_the_same_things() -> None:
    named = [{key: placeholders(text) for key, text in texts(language).items()} for language in LANGUAGES]
    assert named[0] == named[1] == named[2]
