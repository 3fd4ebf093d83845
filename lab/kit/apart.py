"""Runs what is asynchronous from code that is not, whatever already runs in the calling thread."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def run_apart(function: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """The outcome of ``await function(...)`` on a loop of its own, in a thread of its own.

    A thread may hold one running loop only: a caller inside one could not start another there.
    """
    here = copy_context()
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(here.run, asyncio.run, function(*args, **kwargs)).result()


_SWITCH_S = 0.0005
_USUAL_S = sys.getswitchinterval()


@contextmanager
def quick_switching() -> Iterator[None]:
    """Let threads of this process wait half a millisecond for a busy one instead of five.

    A thread that speaks to a mail server needs the interpreter some forty times a message; beside a loop that is busy
    it waits each time for the whole interval.
    """
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(_USUAL_S)
