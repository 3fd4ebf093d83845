"""Background work on photographs: erasing those whose time is over."""

from lab.kit.tasks import Context, Task
from lab.photos.service import PhotoRetention, erase_due

ERASE = "photos.erase"


def erase(context: Context, _key: str) -> None:
    """Erase every photograph that nobody agreed to keep, once its answer was given and the days after it are over."""
    known = PhotoRetention in context.services
    retention = context.service(PhotoRetention) if known else PhotoRetention()
    with context.database.session() as session:
        erase_due(session, context.files, retention=retention)


TASKS: tuple[Task, ...] = (Task(ERASE, erase, every_s=3600.0),)
