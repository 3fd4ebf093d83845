"""Joins the commands. Each is imported when it is called: reading a plate must not wait for a web server to load."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from rich.table import Table
from typer.core import TyperGroup

from api.cli.console import out, speaking_plainly

COMMANDS: dict[str, tuple[str, str, str]] = {
    # name: (module under api.cli, the group or function in it, one line of help)
    "demo": ("demo", "demo", "Walk one sample through the whole house."),
    "serve": ("serving", "serve", "Serve pages and JSON routes."),
    "worker": ("serving", "worker", "Do the background work in a process of its own."),
    "migrate": ("serving", "migrate", "Bring the database to the current version."),
    "plate": ("plate", "app", "Plates: read, draw, measure, match, compare. Needs no laboratory."),
    "library": ("library", "app", "The reference library: systems, values and their sources."),
    "custody": ("custody", "app", "Custody: check a proof offline, or take one out of the log."),
    "alerts": ("alerts", "app", "Alerts: what rules would have raised; what never got through, and trying it again."),
    "jobs": ("jobs", "app", "Background jobs that were given up: list them, put one back."),
    "health": ("health", "health", "Whether warnings can go out: what waits, what was given up."),
    "labels": ("labels", "app", "Sheets of pre-printed sample labels."),
    "user": ("user", "app", "Accounts: open, give roles, issue tokens."),
    "export": ("export", "export", "Write open data of those who agreed to it."),
    "backup": ("keep", "backup", "Write an embedded laboratory to one file."),
    "restore": ("keep", "restore", "Rebuild a laboratory from a backup."),
}


class Commands(TyperGroup):
    """The commands of :data:`COMMANDS`, each imported when it is called."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 -- the framework's signature
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 -- as above
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        found = getattr(import_module(f"api.cli.{module}"), attribute)
        if isinstance(found, typer.Typer):
            return typer.main.get_group(found)
        single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        single.command(cmd_name)(found)
        return typer.main.get_command(single)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- as above
        table = Table(box=None, show_header=False, padding=(0, 2))
        for name, (_, _, text) in COMMANDS.items():
            table.add_row(f"[bold]{name}[/bold]", text)
        out.print("drugcheck: custody, plates, results and early warning for drug checking.\n")
        out.print(table)
        out.print("\ndrugcheck COMMAND --help tells more.")


app = Commands(
    name="drugcheck",
    no_args_is_help=True,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console entry: what is wrong is said in a sentence, never as a traceback."""
    with speaking_plainly():
        app(arguments, prog_name="drugcheck")
