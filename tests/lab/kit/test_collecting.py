"""Pausing the collector: for a while, and never longer."""

import gc
from collections.abc import Iterator

import pytest

from lab.kit.collecting import no_cycles


@pytest.fixture
def _as_before() -> Iterator[None]:
    was_on = gc.isenabled()
    yield
    gc.enable() if was_on else gc.disable()


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_off_meanwhile_and_then_as_it_was_also_after_an_error(on: bool) -> None:
    gc.enable() if on else gc.disable()

    def fail() -> None:
        with no_cycles():
            assert not gc.isenabled()
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert gc.isenabled() == on
