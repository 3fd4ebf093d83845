"""For commands: what C libraries write to standard error by themselves is not the sentence that a user is owed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_native_output() -> Iterator[None]:
    """Drop what is written to file descriptor 2 (libjpeg has no other way to complain of a damaged picture).

    It holds for the whole process, so it is for commands, which do one thing, and not for servers.
    """
    sys.stderr.flush()
    try:
        kept = os.dup(2)
    except OSError:  # standard error is closed: there is nothing to keep clean
        yield
        return
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(sink)
