"""``drugcheck jobs``: background work that was given up, and putting it back."""

from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import fail, out
from api.cli.laboratory import laboratory
from lab.kit.db import Database
from lab.kit.jobs import DeadJob, dead_jobs, revive

app = typer.Typer(no_args_is_help=True)


def _dead(database: Database) -> list[DeadJob]:
    with database.reading() as session:
        return dead_jobs(session)


@app.command("dead")
def show() -> None:
    """List the jobs that failed too often and wait for a person; the log says where each one failed."""
    with laboratory() as state:
        jobs = _dead(state.database)
    table = Table("task", "key", "attempts")
    for job in jobs:
        table.add_row(job.task, job.key, str(job.attempts))
    out.print(table if jobs else "No job was given up.")


@app.command("revive")
def put_back(
    task: Annotated[str | None, typer.Option(help="Only jobs of this task.")] = None,
    key: Annotated[str | None, typer.Option(help="Only the job of this key.")] = None,
) -> None:
    """Queue dead jobs again, with all their attempts before them."""
    with laboratory() as state:
        chosen = [job for job in _dead(state.database) if task in (None, job.task) and key in (None, job.key)]
        if not chosen:
            fail("No such job was given up.")
        with state.database.session() as session:
            for job in chosen:
                revive(session, job)
    out.print(f"Queued again: {len(chosen)}.")
