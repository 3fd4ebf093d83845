"""Hears what the reader's process says it is doing: a pipe, and a thread that passes on the newest word.

Being told is a courtesy. Whatever goes wrong here is logged and never costs a reading.
"""

import logging
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

logger = logging.getLogger("drugcheck.plates")
Listener = Callable[[str], None]
"""Called with the name of a step; from another thread than the one that waits for the reading."""

EVERY_S = 0.5
"""Steps that follow faster than this are passed over: the listener writes to a database."""


class Pipe:
    """The writing end, for the child; ``fd`` is None where nobody listens."""

    def __init__(self, fd: int | None) -> None:
        self.fd = fd
        self.passed: tuple[int, ...] = () if fd is None else (fd,)

    def handed_over(self) -> None:
        """Let go of the writing end: the child alone holds it, and its end is the end of the pipe."""
        if self.passed:
            os.close(self.passed[0])
            self.passed = ()


@contextmanager
def listening(listener: Listener | None) -> Iterator[Pipe]:
    """A pipe whose lines reach ``listener`` until the block ends."""
    if listener is None:
        yield Pipe(None)
        return
    reading, writing = os.pipe()
    pipe = Pipe(writing)
    thread = Thread(target=_listen, args=(reading, listener), name="plate reader's progress", daemon=True)
    thread.start()
    try:
        yield pipe
    finally:
        pipe.handed_over()
        thread.join()
        os.close(reading)


def _listen(fd: int, listener: Listener) -> None:
    """Pass the newest line on, at most one every :data:`EVERY_S`, until the other side is closed."""
    newest: str | None = None
    rest, due = b"", 0.0
    while True:
        wait = None if newest is None else max(0.0, due - time.monotonic())
        if select.select([fd], [], [], wait)[0]:
            said = os.read(fd, 4096)
            if not said:
                return
            *lines, rest = (rest + said).split(b"\n")
            newest = lines[-1].decode(errors="replace") if lines else newest
        if newest is not None and time.monotonic() >= due:
            _pass_on(listener, newest)
            newest, due = None, time.monotonic() + EVERY_S


def _pass_on(listener: Listener, step: str) -> None:
    try:
        listener(step)
    except Exception:
        logger.warning("the step of a reading could not be told", exc_info=True)
