"""The yearly end of person codes: the past year's secret is destroyed, older rows are deleted."""

from lab.kit.tasks import Context, Task
from lab.personcodes.keys import PersonCodeKeys
from lab.personcodes.service import forget_past


def _forget(context: Context, _key: str) -> None:
    with context.database.session() as session:
        forget_past(session, keys=context.service(PersonCodeKeys))


TASKS: tuple[Task, ...] = (Task("personcodes.forget", _forget, every_s=6 * 3600.0),)
