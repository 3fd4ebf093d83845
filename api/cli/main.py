"""Joins the groups of commands, and holds the ones that stand alone."""

from typing import Annotated

import typer
import uvicorn

import api.migrations
from api.app import compose, create_app
from api.cli import alerts, custody, demo, export, jobs, keep, library, plate, user
from api.cli.console import out, speaking_plainly
from api.settings import Settings
from api.worker import run_worker

app = typer.Typer(
    help="Drugcheck: custody, plates, results and early warning for drug checking.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(alerts.app, name="alerts", help="Alerts: what rules would have raised over history.")
app.add_typer(user.app, name="user", help="Accounts: open, give roles, issue tokens.")
app.add_typer(plate.app, name="plate", help="Plates: read, draw, measure, match, compare. Needs no laboratory.")
app.add_typer(library.app, name="library", help="The reference library: systems, values and their sources.")
app.add_typer(custody.app, name="custody", help="Custody: check a proof offline, or take one out of the log.")
app.add_typer(jobs.app, name="jobs", help="Background work: what was given up, and putting it back.")
app.command()(demo.demo)
app.command()(export.export)
app.command()(keep.backup)
app.command()(keep.restore)


@app.command()
def migrate() -> None:
    """Bring the database to the current version. Running it again changes nothing."""
    state = compose(Settings())
    api.migrations.upgrade(state.database.engine)
    out.print("The database is up to date.")
    state.database.dispose()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Serve pages and JSON routes; works in the background too unless DRUGCHECK_WORKER_IN_PROCESS=false."""
    settings = Settings()
    state = compose(settings)
    if state.database.is_sqlite:  # a network migrates once, by command; a laptop just starts
        api.migrations.upgrade(state.database.engine)
    # Access logs would hold the addresses of people who look up their answer.
    uvicorn.run(
        create_app(state=state),
        host=host,
        port=port,
        access_log=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
    )


@app.command()
def worker() -> None:
    """Work in the background: read plates, act on results, deliver alerts. Stops by SIGTERM after what it is doing."""
    state = compose(Settings())
    run_worker(state)
    state.database.dispose()


def main() -> None:
    """The console entry: what is wrong is said in a sentence, never as a traceback."""
    with speaking_plainly():
        app()
