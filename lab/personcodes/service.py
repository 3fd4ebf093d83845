"""Counting one person's visits across sites, where the network switched it on and the person agreed.

The code is a self-generated identification code [Yurek, Vasey and Havens 2008, doi 10.1177/0193841X08316676]: answers
that a person gives alike each time, which name nobody. They are turned into a keyed hash at once and kept nowhere.
"""

import hashlib
import hmac
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, select

from lab.encounters.suppression import LEAST
from lab.kit.clock import today
from lab.network import switches
from lab.network.access import Actor, Permission
from lab.personcodes.errors import CodeConsentMissingError, CodeLetterError, CodeNumberError, PersonCodeOffError
from lab.personcodes.keys import PersonCodeKeys
from lab.personcodes.models import PersonVisit

RECIPE = "1"
"""Changes when the questions do: codes of two recipes never meet."""
MOST_BROTHERS = 20


class ElementsIn(BaseModel):
    """What the person says. Never stored, never logged: it lives as long as one request."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)

    site_id: UUID
    consent: bool = False
    mother_initial: str = Field(default="", repr=False)  # of the mother's first name; empty: not known
    older_brothers: str = Field(default="", repr=False)  # living and dead, so that the answer stays the same
    birth_month: str = Field(default="", repr=False)
    birth_town_initial: str = Field(default="", repr=False)


@dataclass(frozen=True)
class VisitCounts:
    """One year's visits. None: fewer than five people, not shown."""

    year: int
    codes: int | None
    visits: int | None
    once: int | None
    two_to_four: int | None
    five_or_more: int | None
    several_sites: int | None


def count_visit(session: Session, *, actor: Actor, keys: PersonCodeKeys, data: ElementsIn) -> None:
    """Count one visit. Nothing comes back: whether this code was seen before is nobody's business at a counter.

    Raises :class:`PersonCodeOffError`, :class:`CodeConsentMissingError`, and what is wrong with an element.
    """
    actor.require(Permission.ENCOUNTER_RECORD, data.site_id)
    if not switches.is_on(session, name=switches.PERSON_CODE):
        raise PersonCodeOffError
    if not data.consent:
        raise CodeConsentMissingError
    day = today()
    code_hash = _keyed(keys.of_year(day.year), _elements(data))
    session.add(PersonVisit(year=day.year, month=day.replace(day=1), site_id=data.site_id, code_hash=code_hash))
    session.flush()


def _keyed(key: bytes, elements: str) -> bytes:
    return hmac.new(key, elements.encode(), hashlib.sha256).digest()


def _elements(data: ElementsIn) -> str:
    """The answers written in one way, whoever types them and however."""
    return "|".join(
        (
            RECIPE,
            _letter("mother_initial", data.mother_initial),
            _number("older_brothers", data.older_brothers, 0, MOST_BROTHERS),
            _number("birth_month", data.birth_month, 1, 12),
            _letter("birth_town_initial", data.birth_town_initial),
        )
    )


def _letter(field: str, text: str) -> str:
    """One letter without its accent; "?" where it is not known. The first letter of a word is not taken from it."""
    if text in {"", "?"}:
        return "?"
    plain = unicodedata.normalize("NFKD", text).upper()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    if len(letters) != 1 or not letters.isalpha():
        raise CodeLetterError(field=field)
    return letters


def _number(field: str, text: str, low: int, high: int) -> str:
    if text in {"", "?"}:
        return "?"
    if not (text.isascii() and text.isdigit()) or not low <= int(text[:4]) <= high or len(text) > 4:
        raise CodeNumberError(field=field, low=low, high=high)
    return str(int(text))


def visit_counts(session: Session, *, actor: Actor, year: int) -> VisitCounts:
    """How often people came in ``year``, network-wide. A group of fewer than five people is not shown."""
    actor.require(Permission.NETWORK_COORDINATE)
    visits: Counter[bytes] = Counter()
    places: defaultdict[bytes, set[UUID]] = defaultdict(set)
    for row in session.exec(select(PersonVisit).where(PersonVisit.year == year)):
        visits[row.code_hash] += 1
        places[row.code_hash].add(row.site_id)
    groups = [
        sum(count == 1 for count in visits.values()),
        sum(2 <= count <= 4 for count in visits.values()),
        sum(count >= 5 for count in visits.values()),
    ]
    hidden = [0 < one < LEAST for one in groups]
    if sum(hidden) == 1:  # the one hidden could be had by taking the others from the whole: hide the next smallest too
        shown = [index for index, one in enumerate(groups) if one and not hidden[index]]
        if shown:
            hidden[min(shown, key=lambda index: groups[index])] = True
    once, some, many = (None if hide else one for one, hide in zip(groups, hidden, strict=True))
    wandering = sum(len(sites) > 1 for sites in places.values())
    return VisitCounts(
        year=year, codes=_shown(len(visits)), visits=sum(visits.values()) if len(visits) >= LEAST else None,
        once=once, two_to_four=some, five_or_more=many, several_sites=_shown(wandering),
    )  # fmt: skip


def _shown(count: int) -> int | None:
    return None if 0 < count < LEAST else count


def forget_past(session: Session, *, keys: PersonCodeKeys) -> None:
    """When a year is over its secret goes, and a year later its rows."""
    year = today().year
    keys.destroy_before(year)
    session.execute(sa.delete(PersonVisit).where(col(PersonVisit.year) < year - 1))


def switch(session: Session, *, actor: Actor, keys: PersonCodeKeys, on: bool) -> None:
    """Turn the person code on or off for the network; off erases what was counted and destroys the secrets."""
    switches.turn(session, actor=actor, name=switches.PERSON_CODE, on=on)
    if not on:
        session.execute(sa.delete(PersonVisit))
        keys.destroy_all()
