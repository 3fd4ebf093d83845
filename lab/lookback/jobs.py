"""Background work: looks back at old plates, a few at a time, whenever the library has grown."""

from uuid import UUID

from lab.kit.jobs import enqueue, without_job
from lab.kit.tasks import Context, Task
from lab.lookback.service import look_back, stale

SWEEP, LOOK = "lookback.sweep", "lookback.look"


def sweep(context: Context, _key: str) -> None:
    """Queue the plates that have not seen the library as it is now; the rest comes with the next runs."""
    with context.database.session() as session:
        for key in without_job(session, LOOK, [str(analysis_id) for analysis_id in stale(session)]):
            enqueue(session, LOOK, key)


def look(context: Context, key: str) -> None:
    """Look back at one analysis, held meanwhile, so that two workers never do it at once."""
    with context.database.session() as session:
        look_back(session, analysis_id=UUID(key))


TASKS: tuple[Task, ...] = (Task(LOOK, look, max_attempts=5), Task(SWEEP, sweep, every_s=300.0))
