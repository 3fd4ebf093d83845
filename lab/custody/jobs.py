"""Background work of custody: signing the log as it grows, so that a checkpoint can leave the house."""

import logging

from lab.custody.errors import KeyFileError, NotTheLogsKeyError
from lab.custody.keys import LogKey
from lab.kit import ledger
from lab.kit.ledger import KeyRetiredError, LedgerBrokenError
from lab.kit.tasks import Context, Task

log = logging.getLogger("drugcheck.custody")
SIGN = "custody.checkpoint"


def sign_log(context: Context, _key: str) -> None:
    """Sign the log as it stands, if it has grown since it was signed last."""
    with context.database.reading() as session:
        count, last = ledger.size(session), ledger.latest_checkpoint(session)
    if count == 0 or (last is not None and last.size == count):
        return
    try:
        with context.database.session() as session:
            ledger.checkpoint(session, signer=context.service(LogKey).signer(session))
    except (LedgerBrokenError, KeyRetiredError, KeyFileError, NotTheLogsKeyError) as error:
        # The next run says it again; /proof says how old the newest checkpoint is.
        log.critical("the log of custody was not signed: %s (docs/custody.md)", error.message.id)


TASKS: tuple[Task, ...] = (Task(SIGN, sign_log, every_s=600.0),)
