"""Composes the background work: every feature's tasks, and what they may use."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from api.services import services_of
from api.state import AppState
from api.tasks import all_tasks
from lab.kit.tasks import Context
from lab.kit.worker import Worker

log = logging.getLogger("drugcheck.worker")

STOP_TIMEOUT_S = 30.0


def context_of(state: AppState) -> Context:
    """What tasks are given in this deployment."""
    return Context(database=state.database, files=state.files, services=services_of(state))


def make_worker(state: AppState) -> Worker:
    """A worker over every task of the application."""
    return Worker(context_of(state), all_tasks())


@contextmanager
def running_worker(state: AppState) -> Iterator[None]:
    """Work beside the requests while the block runs, unless a process of its own does (``worker_in_process``)."""
    if not state.settings.worker_in_process:
        yield
        return
    worker = make_worker(state)
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        if not worker.join(STOP_TIMEOUT_S):
            log.warning(
                "a job is still running after %s s; it will be taken up again at the next start", STOP_TIMEOUT_S
            )


def run_worker(state: AppState) -> None:
    """Work in this process until SIGTERM or SIGINT; what runs then is finished first."""
    worker = make_worker(state)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
