"""One run of one job, told to the log without a word of what it was about."""

import logging
import traceback
from dataclasses import dataclass

from lab.kit.tasks import Context, Task

logger = logging.getLogger("drugcheck.jobs")


@dataclass(frozen=True)
class Failure:
    """A run that raised. ``retry_in_s`` is None when that was the last attempt."""

    error: str  # the class alone: messages of exceptions may quote what people wrote
    retry_in_s: float | None


def retry_in_s(task: Task, attempt: int) -> float | None:
    """Seconds until the next attempt after attempt ``attempt`` (from 1) failed; None: the job is dead."""
    return None if attempt >= task.max_attempts else task.delay_s(attempt)


def run_attempt(context: Context, task: Task, key: str, attempt: int) -> Failure | None:
    """Run ``task`` on ``key``; None when it succeeded. Nothing that a task raises gets past here."""
    try:
        task.run(context, key)
    except Exception as error:
        failure = Failure(type(error).__name__, retry_in_s(task, attempt))
        _tell(task, key, attempt, failure, error)
        return failure
    return None


def _tell(task: Task, key: str, attempt: int, failure: Failure, error: Exception) -> None:
    where = "".join(traceback.format_tb(error.__traceback__))  # frames hold no values
    if failure.retry_in_s is None:
        logger.error("%s %s is dead: attempt %d raised %s\n%s", task.name, key, attempt, failure.error, where)
    else:
        again = failure.retry_in_s
        text = "%s %s: attempt %d raised %s, again in %g s\n%s"
        logger.warning(text, task.name, key, attempt, failure.error, again, where)
