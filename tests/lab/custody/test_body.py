"""The bytes of an entry: well-formed and canonical, or refused with the member that is wrong."""

from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.custody.body import (
    OPTIONAL,
    REQUIRED,
    TEXT_FIELDS,
    BodyError,
    _read_any,  # the slow way, which the fast way must agree with
    read_entry,
)
from lab.custody.models import Action
from lab.kit import canonical


def key(name: str) -> str:
    return str(uuid5(UUID(int=0), name))


FULL: dict[str, Any] = {
    "schema": "custody-event/1", "id": key("id"), "sample": key("sample"), "item": key("item"), "item_seq": 2,
    "action": "received", "actor": key("actor"), "occurred_at": "2026-07-01T22:15:07Z",
    "recorded_at": "2026-07-01T22:15:09Z", "after": key("after"), "corrects": key("corrects"),
    "joins": sorted([key("a"), key("b")]), "device": key("device"), "device_seq": 7, "witness": key("witness"),
    "from": key("from"), "to": key("to"), "to_kind": "laboratory", "place": "fridge 2/box-14", "parcel": key("parcel"),
    "parcel_seal": "P-1", "parcel_seal_state": "intact", "manifest": "0" * 64, "parent": key("parent"),
    "child": key("child"), "analysis": key("analysis"), "seal_number": "N-1", "seal_state": "broken",
    "entry": "scanned", "entered_ug": 0, "weighed_ug": 10, "amount_ug": 5, "before_ug": 2**53 - 1, "after_ug": 999,
    "texts": dict.fromkeys(TEXT_FIELDS, "f" * 64),
}  # fmt: skip
PLAIN = {name: value for name, value in FULL.items() if name not in {"texts", "joins", "before_ug"}}


def outcome(read: Any, content: bytes) -> object:
    try:
        return read(content)
    except BodyError as error:
        return ("refused", error.member)


def test_the_example_has_every_member() -> None:
    assert FULL.keys() == REQUIRED.keys() | OPTIONAL.keys()
    assert read_entry(canonical.dumps(FULL)) == FULL


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_a_member_that_must_be_there_is_missed_by_name(name: str) -> None:
    body = {member: value for member, value in FULL.items() if member != name}
    assert outcome(read_entry, canonical.dumps(body)) == ("refused", name)


@pytest.mark.parametrize("name", sorted(FULL))
@pytest.mark.parametrize("value", [None, True, -1, 2**53 - 1, "", "x\n", [], {}, [1], {"a": 1}, "é", " N-1"])
def test_a_member_holds_only_what_it_may(name: str, value: object) -> None:
    if value == 2**53 - 1 and name in {"item_seq", "device_seq"} | {name for name in FULL if name.endswith("_ug")}:
        return
    assert outcome(read_entry, canonical.dumps(FULL | {name: value})) == ("refused", name)


def test_an_unknown_member_is_refused() -> None:
    assert outcome(read_entry, canonical.dumps(FULL | {"mood": "good"})) == ("refused", "mood")


def test_the_fast_way_and_the_slow_way_agree_on_every_byte() -> None:
    """Every byte of a plain body set to what its neighbours in the alphabet, or in the syntax, would be."""
    content = canonical.dumps(PLAIN)
    assert read_entry(content) == PLAIN
    for position, byte in enumerate(content):
        for value in {byte ^ 1, byte ^ 2, byte ^ 32, 0x20, 0x22, 0x2C, 0x30, 0x5C, 0x80} - {byte}:
            edited = content[:position] + bytes([value]) + content[position + 1 :]
            assert outcome(read_entry, edited) == outcome(_read_any, edited), edited


@given(st.sets(st.sampled_from(sorted(PLAIN))), st.sampled_from(Action), st.randoms(use_true_random=False))
def test_the_fast_way_and_the_slow_way_agree_on_every_choice_of_members(
    left_out: set[str], action: Action, random: Any
) -> None:
    body = {name: value for name, value in (PLAIN | {"action": action.value}).items() if name not in left_out}
    content = canonical.dumps(body)
    assert outcome(read_entry, content) == outcome(_read_any, content)
    names = list(body)
    random.shuffle(names)
    unsorted = ("{" + ",".join(f'"{name}":{canonical.dumps(body[name]).decode()}' for name in names) + "}").encode()
    assert outcome(read_entry, unsorted) == outcome(_read_any, unsorted)


def test_a_date_that_no_calendar_has_is_refused() -> None:
    for member in ("occurred_at", "recorded_at"):
        for moment in ("2026-02-31T00:00:00Z", "2026-07-01T25:00:00Z"):
            content = canonical.dumps(FULL | {member: moment})
            with pytest.raises(BodyError, match=member):
                read_entry(content)
            with pytest.raises(BodyError, match=member):
                _read_any(content)
