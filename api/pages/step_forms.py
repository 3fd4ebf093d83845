"""Forms in numbered steps that say who is told after how long: escalations of call-backs and of unread alerts."""

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

from api.pages.forms import Form
from api.pages.layout import as_uuid
from lab.network.models import Account, Role
from templates.i18n import Translator

_ROLE, _PERSON = "role:", "person:"
_SPARE = 2  # empty steps below the ones there are


class Told(TypedDict):
    """When, and a role or an account."""

    after_min: int
    role: Role | None
    account_id: UUID | None


def filled(form: Form, most: int) -> list[int]:
    """The numbers of the steps that name somebody: the others are left out."""
    return [number for number in range(1, most + 1) if form.get(f"whom_{number}").strip()]


def shown(form: Form, most: int) -> range:
    """The numbers of the steps to draw: what there is, and room for more."""
    return range(1, min(max(filled(form, most), default=0) + _SPARE, most) + 1)


def told(form: Form, number: int) -> Told:
    """Who is told in a step, after how many minutes. Raises :class:`ValueError` for what is no number or role."""
    whom = form.get(f"whom_{number}").strip()
    return Told(
        after_min=int(form.get(f"after_{number}").strip() or "0"),
        role=Role(whom.removeprefix(_ROLE)) if whom.startswith(_ROLE) else None,
        account_id=as_uuid(whom.removeprefix(_PERSON)) if whom.startswith(_PERSON) else None,
    )


def value_of(role: Role | None, account_id: UUID | None) -> str:
    """The choice that stands for a role, or else for an account."""
    return f"{_ROLE}{role.value}" if role else f"{_PERSON}{account_id}"


def choices(translator: Translator, roles: Iterable[Role], people: Iterable[Account]) -> list[tuple[str, str]]:
    """Everybody in a role, then each person by name."""
    groups = [
        (value_of(role, None), translator.text("escalation.everybody", role=translator.label(role))) for role in roles
    ]
    return [*groups, *((value_of(None, one.id), one.display_name) for one in people)]
