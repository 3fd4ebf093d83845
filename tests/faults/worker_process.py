"""A worker process to be killed: ``python -m tests.faults.worker_process URL FOLDER LEASE_S READY``.

It acts on the outbox (each fact becomes a site of its name, so that a fact acted on twice would break a unique
constraint) and reads plates.
"""

import sys
import time
from pathlib import Path

from sqlmodel import Session

from lab.kit.db import Database
from lab.kit.files import open_files
from lab.kit.outbox import OutboxEntry, Topic, consumer
from lab.kit.tasks import Context
from lab.kit.worker import Worker
from lab.network.models import Site, SiteType
from lab.plates.jobs import TASKS

LASTING_S = 0.05


def act(session: Session, fact: OutboxEntry) -> None:
    """Write half of what follows, linger as a slow handler does, write the rest."""
    session.add(Site(name=f"{fact.payload['name']} first", type=SiteType.FIXED, area="Gent"))
    session.flush()
    time.sleep(LASTING_S)
    session.add(Site(name=f"{fact.payload['name']} second", type=SiteType.FIXED, area="Gent"))


def main(url: str, folder: str, lease_s: str, ready: str) -> None:
    context = Context(Database(url), open_files(folder))
    worker = Worker(context, (*consumer({Topic.RESULT_VERIFIED: [act]}), *TASKS), lease_s=float(lease_s))
    Path(ready).touch()
    worker.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
