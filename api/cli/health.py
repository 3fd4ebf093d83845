"""``drugcheck health``: whether this deployment can warn somebody tonight."""

import typer

from api.cli.console import out
from api.cli.laboratory import laboratory
from api.trouble import sentences, trouble_of
from lab.kit.jobs import dead_jobs


def health() -> None:
    """Say what does not go out and which jobs were given up. Exit code 1 when anything needs a person."""
    with laboratory() as state, state.database.reading() as session:
        found = sentences(trouble_of(session, settings=state.settings))
        dead = len(dead_jobs(session))
    if dead:
        found.append(f"{dead} background jobs were given up; `drugcheck jobs` lists them.")
    for sentence in found:
        out.print(f"- {sentence}")
    if found:
        raise typer.Exit(1)
    out.print("All roads are open: nothing waits that should have gone.")
