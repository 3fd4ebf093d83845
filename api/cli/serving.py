"""``drugcheck migrate``, ``serve`` and ``worker``: what keeps a laboratory running."""

import logging
from typing import Annotated

import typer
import uvicorn

import api.migrations
from api.app import create_app
from api.cli.console import out
from api.cli.laboratory import laboratory
from api.state import AppState
from api.trouble import sentences, trouble_of
from api.worker import run_worker

log = logging.getLogger("drugcheck")


def migrate() -> None:
    """Bring the database to the current version. Running it again changes nothing."""
    with laboratory(may_be_new=True) as state:
        api.migrations.upgrade(state.database.engine)
    out.print("The database is up to date.")


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve pages and JSON routes; works in the background too unless DRUGCHECK_WORKER_IN_PROCESS=false."""
    with laboratory(may_be_new=True) as state:
        if state.database.is_sqlite:  # a network migrates once, by command; a laptop just starts
            api.migrations.upgrade(state.database.engine)
        _warn(state)
        # Access logs would hold the addresses of people who look up their answer.
        uvicorn.run(
            create_app(state=state),
            host=host,
            port=port,
            access_log=False,
            proxy_headers=True,
            forwarded_allow_ips=state.settings.trusted_proxies,
        )


def worker() -> None:
    """Work in the background: read plates, act on results, deliver alerts. Stops by SIGTERM after what it is doing."""
    with laboratory() as state:
        _warn(state)
        run_worker(state)


def _warn(state: AppState) -> None:
    """A deployment that cannot send says so when it starts, not when somebody asks why no warning came."""
    with state.database.reading() as session:
        for sentence in sentences(trouble_of(session, settings=state.settings)):
            log.warning(sentence)
