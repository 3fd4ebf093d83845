"""Canonical JSON: one value, one sequence of bytes."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from lab.kit import canonical
from lab.kit.canonical import MAX_INTEGER, CanonicalError

NAMES = st.text(st.characters(max_codepoint=127), max_size=8)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785_and_come_back_as_the_same_value(value: object) -> None:
    content = canonical.dumps(value)
    assert content == rfc8785.dumps(value)  # type: ignore[arg-type]  # its own recursive type
    assert canonical.loads(content) == value


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":01}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":1}\n',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b'{"a":"\\ud800"}',
        b"[" * 100_000,
        b"1" * 10_000,
        b"",
    ],
)
def test_other_bytes_for_a_value_are_refused(content: bytes) -> None:
    with pytest.raises(CanonicalError):
        canonical.loads(content)


@pytest.mark.parametrize("value", [1.5, MAX_INTEGER + 1, {"é": 1}, {1: 2}, b"x", "\ud800", [0.0], {"a": {1.0}}])
def test_a_value_without_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(CanonicalError):
        canonical.dumps(value)


def test_reading_takes_any_spacing_but_no_member_twice() -> None:
    assert canonical.read(b'{ "b": 1,\n "a": [] }') == {"b": 1, "a": []}
    with pytest.raises(CanonicalError):
        canonical.read(b'{"a":1,"a":2}')
