"""Every task of the application, in one tuple for its workers."""

from alerts import jobs as alert_jobs
from alerts.triggers import HANDLERS
from lab.kit.outbox import consumer
from lab.kit.tasks import Task
from lab.plates import jobs as plate_jobs


def all_tasks() -> tuple[Task, ...]:
    """The tasks of every feature."""
    return (*consumer(HANDLERS), *plate_jobs.TASKS, *alert_jobs.TASKS)
