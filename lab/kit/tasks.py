"""What a piece of background work is, whichever engine runs it.

A feature declares its tasks in its ``jobs.py`` as ``TASKS``; ``api/worker.py`` composes them all. Work is
named by task and key; the key is that of the row it works on, and the function is idempotent and fenced by
that row's state: it may run twice, or after the row is done with.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from lab.kit.db import Database
from lab.kit.files import FileStore

T = TypeVar("T")
MAX_NAME_BYTES = 40  # with procrastinate's prefix it names a notification channel, of which PostgreSQL takes 63 bytes


@dataclass(frozen=True)
class Context:
    """What a task may use. ``services`` holds whatever ``api`` composes, found by its type."""

    database: Database
    files: FileStore
    services: Mapping[type, object] = field(default_factory=dict)

    def service(self, kind: type[T]) -> T:
        """The composed service of type ``kind``; KeyError when ``api`` composed none."""
        found = self.services[kind]
        if not isinstance(found, kind):
            message = f"the service registered for {kind.__name__} is a {type(found).__name__}"
            raise TypeError(message)
        return found


TaskFunction = Callable[[Context, str], None]


@dataclass(frozen=True)
class Task:
    """A named function of (context, key) with its limits.

    A run that raises, or whose worker dies, is tried again after ``retry_delays_s`` (the last delay repeats) up
    to ``max_attempts`` times in all; then the job is dead, and stays visible.
    ``every_s``: runs by itself at this interval with an empty key (sweeps).
    ``everywhere``: at that interval in every worker process, beside the queue: for what must go on however a job of
    another process ended.
    ``heavy``: takes much memory or many seconds; a worker runs one heavy job at a time, beside the light ones,
    so that ten plates that wait to be read never hold up a warning.
    """

    name: str
    run: TaskFunction
    max_attempts: int = 10
    retry_delays_s: tuple[float, ...] = (1.0, 5.0, 30.0, 120.0, 600.0)
    every_s: float | None = None
    everywhere: bool = False
    heavy: bool = False

    def __post_init__(self) -> None:
        if self.everywhere and self.every_s is None:
            message = f"task {self.name} needs an interval to run everywhere"
            raise ValueError(message)
        if self.max_attempts < 1 or not self.retry_delays_s:
            message = f"task {self.name} needs at least one attempt and one delay"
            raise ValueError(message)
        if len(self.name.encode()) > MAX_NAME_BYTES:
            message = f"the name {self.name} is longer than {MAX_NAME_BYTES} bytes"
            raise ValueError(message)

    def delay_s(self, attempt: int) -> float:
        """Seconds to wait after the failure of attempt ``attempt`` (from 1); a sweep waits one interval at most."""
        delay_s = self.retry_delays_s[min(attempt, len(self.retry_delays_s)) - 1]
        return delay_s if self.every_s is None else min(delay_s, self.every_s)
