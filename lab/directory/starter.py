"""The starter list: national lines that ship with Drugcheck, each with where it was read. The network confirms them."""

import tomllib
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from sqlmodel import Session, col, select

from lab.directory.models import ServiceEntry
from lab.directory.schemas import EntryIn
from lab.kit.clock import today
from lab.network.access import Actor, Permission

_TRIAL = timedelta(days=90)
"""An entry of the list asks to be looked at again after three months, whoever confirms it meanwhile."""


@cache
def starter_list() -> tuple[dict[str, Any], ...]:
    """The list as it ships."""
    text = files("lab.directory").joinpath("starter.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["entry"])


def missing(session: Session) -> tuple[dict[str, Any], ...]:
    """What of the list is not in this directory, not even ended."""
    known = set(session.exec(select(ServiceEntry.starter_key).where(col(ServiceEntry.starter_key).is_not(None))))
    return tuple(one for one in starter_list() if one["key"] not in known)


def take_in(session: Session, *, actor: Actor) -> int:
    """Add what is missing of the list, unconfirmed: nobody outside sees it before somebody checked it. How many."""
    actor.require(Permission.NETWORK_COORDINATE)
    taken = missing(session)
    for one in taken:
        data = EntryIn(**{key: value for key, value in one.items() if key != "key"}, valid_until=today() + _TRIAL)
        session.add(
            ServiceEntry(
                **data.model_dump(), starter_key=one["key"], created_by=actor.account_id, changed_by=actor.account_id
            )
        )
    session.flush()
    return len(taken)
