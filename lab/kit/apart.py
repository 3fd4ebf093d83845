"""Runs what is asynchronous from code that is not, whatever already runs in the calling thread."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
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
