"""``drugcheck labels``: sheets of pre-printed sample labels."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import select

from api.cli.console import fail, out
from api.cli.laboratory import laboratory
from api.paper import batch_pdf
from lab.labels.formats import formats
from lab.labels.service import MAX_SHEETS, print_batch
from lab.network.accounts import actor_of, get_account
from lab.network.models import Site
from templates.i18n import LANGUAGES, translator

app = typer.Typer(no_args_is_help=True)


@app.command("formats")
def show_formats() -> None:
    """The label sheets known, and where their measures come from."""
    table = Table("name", "sheet", "labels", "tickets beside", "source")
    for one in formats():
        table.add_row(
            one.name, one.title, str(one.per_sheet(with_tickets=False)), "yes" if one.pairs else "", one.source
        )
    out.print(table)


@app.command("print")
def print_sheets(
    email: Annotated[str, typer.Argument(help="The account that prints; it needs a role at the counter.")],
    target: Annotated[Path, typer.Option("--out", help="The PDF file to write.")],
    sheet: Annotated[str, typer.Option("--format", help="A name of `drugcheck labels formats`.")] = "L7160",
    sheets: Annotated[int, typer.Option(min=1, max=MAX_SHEETS, help="How many sheets.")] = 1,
    site: Annotated[str | None, typer.Option(help="The site they are for; without it, the whole network.")] = None,
    tickets: Annotated[bool, typer.Option("--tickets", help="A person's ticket beside each label.")] = False,
    language: Annotated[str, typer.Option(help="fr, nl or en.")] = "fr",
) -> None:
    """Draw and keep codes, and write the sheets as PDF. Tickets beside them can be written this once."""
    if language not in LANGUAGES:
        fail(f"There is no language {language!r}; choose fr, nl or en.")
    try:
        target.touch()  # before any code is drawn: codes on no paper would only be lost
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}.")
    with laboratory() as state, state.database.session() as session:
        at = session.exec(select(Site).where(Site.name == site)).first() if site else None
        if site and at is None:
            known = ", ".join(session.exec(select(Site.name).order_by(Site.name)))
            fail(f"There is no site called {site!r}. Known sites: {known or 'none yet'}.")
        actor = actor_of(session, account_id=get_account(session, email=email).id)
        printed = print_batch(
            session, actor=actor, site_id=at.id if at else None, format=sheet, sheets=sheets, language=language,
            with_tickets=tickets,
        )  # fmt: skip
        target.write_bytes(batch_pdf(printed, settings=state.settings, translator=translator(language)))
    out.print(f"Wrote {printed.batch.size} labels to {target}.")
