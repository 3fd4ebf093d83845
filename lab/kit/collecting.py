"""The cycle collector of Python, paused: it walks all entries of a long log again and again while they are read."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_cycles() -> Iterator[None]:
    """For work that makes many small things and no cycles: what it drops is freed all the same, by its counts."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
