"""Every task of the application, in one tuple for its workers."""

from alerts import jobs as alert_jobs
from alerts.triggers import HANDLERS
from alerts.witnesses import jobs as witness_jobs
from lab.custody import jobs as custody_jobs
from lab.kit import files_sweep
from lab.kit.outbox import Handlers, Topic, consumer
from lab.kit.tasks import Task
from lab.lookback import jobs as lookback_jobs
from lab.personcodes import jobs as person_code_jobs
from lab.photos import jobs as photo_jobs
from lab.plates import jobs as plate_jobs
from lab.register import jobs as register_jobs
from lab.telling import service as telling


def _joined(*features: Handlers) -> Handlers:
    """The handlers of several features, those of the first before those of the next."""
    return {topic: [handle for one in features for handle in one.get(topic, ())] for topic in Topic}


def all_tasks() -> tuple[Task, ...]:
    """The tasks of every feature."""
    return (
        *consumer(_joined(HANDLERS, telling.HANDLERS)),
        *plate_jobs.TASKS,
        *lookback_jobs.TASKS,
        *photo_jobs.TASKS,
        *files_sweep.TASKS,
        *alert_jobs.TASKS,
        *custody_jobs.TASKS,
        *witness_jobs.TASKS,
        *person_code_jobs.TASKS,
        *register_jobs.TASKS,
    )
