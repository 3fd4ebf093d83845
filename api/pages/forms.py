"""Forms of pages: what was typed, kept, and what is wrong with it, said beside the field."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.datastructures import UploadFile

from lab.errors import InvalidError, LabError
from templates.i18n import Translator

T = TypeVar("T")
MAX_FIELDS = 400


class NumberError(InvalidError):
    """Something that is no number was typed where one belongs."""

    message_id = "forms.not_a_number"


@dataclass(frozen=True)
class Form:
    """Values by field name, as typed, and errors by field name; the error under "" belongs to the whole form."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, UploadFile] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """The value typed into ``name``, or nothing."""
        values = self.values.get(name)
        return values[0] if values else ""

    def all(self, name: str) -> Sequence[str]:
        """Every value of ``name``: what is ticked."""
        return self.values.get(name, ())

    def cleaned(self, *, numbers: Sequence[str] = (), lists: Sequence[str] = ()) -> dict[str, Any]:
        """The values for a schema: empty ones left out, decimal commas made points, ``lists`` as lists."""
        cleaned: dict[str, Any] = {}
        for name, values in self.values.items():
            stated = [value.strip() for value in values if value.strip()]
            if not stated:
                continue
            cleaned[name] = stated if name in lists else decimal(stated[0]) if name in numbers else stated[0]
        return cleaned

    def number(self, name: str) -> float | None:
        """The number typed into ``name``; None when nothing was. Raises :class:`NumberError`."""
        text = decimal(self.get(name).strip())
        if not text:
            return None
        try:
            return float(text)
        except ValueError as error:
            raise NumberError(field=name) from error

    def refused(self, errors: Mapping[str, str]) -> "Form":
        """The same form with ``errors`` beside its fields."""
        return Form(self.values, errors, self.files)


def decimal(text: str) -> str:
    """A number as people type it, with a decimal comma or blanks between thousands, as programs read it."""
    return text.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")


async def _read_form(request: Request) -> AsyncIterator[Form]:
    """The form, whose files are open while the request is answered."""
    async with request.form(max_fields=MAX_FIELDS) as data:
        values: dict[str, list[str]] = {}
        files: dict[str, UploadFile] = {}
        for name, value in data.multi_items():
            if isinstance(value, UploadFile):
                files[name] = value
            else:
                values.setdefault(name, []).append(value)
        yield Form(values, {}, files)


FormDep = Annotated[Form, Depends(_read_form)]


@dataclass(frozen=True)
class Refusal:
    """An action that was not done, and why, by field."""

    errors: Mapping[str, str]


def attempt(session: Session, translator: Translator, action: Callable[[], T]) -> T | Refusal:
    """Do ``action``; when what was typed cannot be taken, undo everything and say why."""
    try:
        return action()
    except ValidationError as error:
        session.rollback()
        return Refusal({_name(item["loc"]): _text(item["type"], translator) for item in error.errors()})
    except LabError as error:
        session.rollback()
        return Refusal({error.field or "": translator.text(error.message.id, **error.message.params)})


def _name(location: Sequence[int | str]) -> str:
    return str(location[0]) if location else ""


def _text(kind: str, translator: Translator) -> str:
    if kind == "missing":
        return translator.text("forms.missing")
    if kind.startswith(("float", "int", "decimal", "finite")):
        return translator.text("forms.not_a_number")
    return translator.text("forms.invalid")
