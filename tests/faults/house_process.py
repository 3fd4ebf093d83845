"""A server or a worker of one laboratory, to be killed: forked from a process that has everything loaded."""

from pathlib import Path

import uvicorn

from alerts.jobs import TASKS
from alerts.services import AlertServices
from api.app import compose, create_app
from api.settings import Settings
from api.state import AppState
from lab.kit.tasks import Context
from lab.kit.worker import Worker
from tests.alerts.deliveries.sender_process import services


def _state(url: str, folder: str) -> AppState:
    return compose(Settings(database_url=url, data_dir=Path(folder), worker_in_process=False))


def serve(url: str, folder: str, port: int) -> None:
    """Pages and JSON routes, as `drugcheck serve` has them."""
    uvicorn.run(create_app(state=_state(url, folder)), port=port, access_log=False, log_level="critical")


def work(url: str, folder: str, smtp_port: int) -> None:
    """The background work of alerts, as `drugcheck worker` does it, to endpoints that may lie on this machine."""
    state = _state(url, folder)
    context = Context(state.database, state.files, {AlertServices: services(smtp_port)})
    Worker(context, TASKS).run()
