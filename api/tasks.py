"""Every task of the application, in one tuple for its workers."""

from lab.kit.outbox import consumer
from lab.kit.tasks import Task


def all_tasks() -> tuple[Task, ...]:
    """The tasks of every feature."""
    return (*consumer({}),)
