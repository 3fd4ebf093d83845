"""The daily message to witnesses. It looks every quarter of an hour; each day's message goes out once."""

from alerts.services import AlertServices
from alerts.witnesses.service import mail_checkpoints
from lab.kit.tasks import Context, Task

MAIL = "custody.mail_checkpoints"


def mail(context: Context, _key: str) -> None:
    """Send today's checkpoint to whoever has not had it."""
    mail_checkpoints(context.database, services=context.service(AlertServices))


TASKS: tuple[Task, ...] = (Task(MAIL, mail, every_s=900.0),)
