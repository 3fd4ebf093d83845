"""Background work on stock: looking for deviations that nobody's page has shown yet, such as parcels overdue."""

from lab.kit.tasks import Context, Task
from lab.register.tasks import examine


def _examine(context: Context, _key: str) -> None:
    with context.database.session() as session:
        examine(session)


TASKS: tuple[Task, ...] = (Task("register.examine", _examine, every_s=300.0),)
