"""``drugcheck library``: what the reference library holds, with sources, and its exchange file."""

import csv
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session, select

from api.cli.console import EXIT_FAILED, err, fail, out
from api.cli.laboratory import laboratory
from lab.library import exchange, service
from lab.library.models import TlcSystem
from lab.network.access import Actor
from lab.network.accounts import actor_of, get_account
from lab.network.models import Site
from templates.i18n import translator
from tlc_analysis.library import COLUMNS, LibraryEntry

app = typer.Typer(no_args_is_help=True)


@contextmanager
def _session(*, write: bool = False) -> Iterator[Session]:
    with laboratory() as state, state.database.session() if write else state.database.reading() as session:
        yield session


@app.command()
def load() -> None:
    """Load the reference data that Drugcheck ships. Loading again changes nothing but what is new in it."""
    with _session(write=True) as session:
        report = service.load_reference(session)
    table = Table("", "added", "changed", "withdrawn", "unchanged")
    for name, change in vars(report).items():
        table.add_row(
            name, *(str(count) for count in (change.added, change.changed, change.withdrawn, change.unchanged))
        )
    out.print(table)


@app.command()
def systems() -> None:
    """List the chromatographic systems."""
    table = Table("code", "mobile phase", "correction standards (hRfc)", "source")
    with _session() as session:
        for system in service.list_systems(session):
            standards = ", ".join(f"{row['substance']} {row['hrfc']}" for row in system.correction_standards)
            table.add_row(system.code, system.mobile_phase, standards or "none known", system.source)
    out.print(table)


@app.command()
def show(name: Annotated[str, typer.Argument(help="A substance, by name or synonym; slips are forgiven.")]) -> None:
    """Show a substance: where it runs, how it colours, and who says so."""
    with _session() as session:
        hits = service.search_substances(session, query=name, limit=5)
        if not hits:
            fail(f"Nothing in the library is called {name!r} or anything near it.")
        substance = hits[0].substance
        out.print(f"[bold]{substance.name}[/bold]  {substance.substance_class}  ({substance.source})")
        if len(hits) > 1:
            out.print("also found: " + ", ".join(hit.substance.name for hit in hits[1:]))
        codes = {system.id: system.code for system in session.exec(select(TlcSystem))}
        values = Table("system", "hRf", "kind", "confidence", "source")
        for value in service.values_of(session, substance_id=substance.id):
            spread = f" ± {value.sd_hrf:g}" if value.sd_hrf is not None else ""
            confidence = value.confidence.value if value.confidence else ""
            values.add_row(
                codes[value.system_id], f"{value.value_hrf:g}{spread}", value.kind.value, confidence, value.source
            )
        out.print(values)
        colours = Table("reagent", "colour", "where", "source")
        for colour in service.colours_of(session, substance_id=substance.id):
            colours.add_row(colour.reagent, colour.colour_text, colour.where, colour.source)
        out.print(colours)


@app.command()
def export(
    site: Annotated[str, typer.Option(help="The laboratory whose own standards speak.")],
    by: Annotated[str | None, typer.Option(help="The account that shares, for a library file.")] = None,
    system: Annotated[str | None, typer.Option(help="A system's code, such as TA: write CSV.")] = None,
) -> None:
    """Write what a laboratory measured itself to standard output, as a library file for another laboratory.

    With --system: what may identify in that system, as `drugcheck plate match --library` reads it.
    """
    with _session() as session:
        place = _site(session, site)
        if system is None:
            typer.echo(exchange.library_file(session, actor=_actor(session, by), site_id=place.id), nl=False)
        else:
            found = service.get_system(session, code=system)
            _write_csv(service.match_library(session, system_id=found.id, site_id=place.id))


def _write_csv(entries: Iterable[LibraryEntry]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for entry in entries:
        cells = (getattr(entry, column) for column in COLUMNS)
        writer.writerow(["" if cell is None else cell for cell in cells])


@app.command("import")
def take_in(
    file: Annotated[Path, typer.Argument(help="A library file of another laboratory (docs/library-file.md).")],
    site: Annotated[str, typer.Option(help="The laboratory that takes it in.")],
    by: Annotated[str, typer.Option(help="The account that takes it in; it needs the right to edit the library.")],
    look: Annotated[bool, typer.Option("--look", help="Only say what it would bring.")] = False,
) -> None:
    """Take in what another laboratory measured: shown as "reported elsewhere", it never identifies anything."""
    try:
        content = file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    with _session(write=not look) as session:
        place, actor = _site(session, site), _actor(session, by)
        take = exchange.preview_file if look else exchange.import_file
        report = take(session, actor=actor, site_id=place.id, content=content)
    done = "would be taken" if look else "taken"
    head = f"{report.laboratory}, {report.written_on}: {len(report.taken)} {done}, {len(report.refused)} refused."
    out.print(head, markup=False, highlight=False, soft_wrap=True)
    for one in report.refused:
        why = translator("en").text(one.message.id, **one.message.params)
        err.print(f"entry {one.number}: {why}", markup=False, highlight=False, soft_wrap=True)
    if not report.taken:
        raise SystemExit(EXIT_FAILED)


def _site(session: Session, name: str) -> Site:
    found = session.exec(select(Site).where(Site.name == name)).first()
    if found is None:
        known = ", ".join(session.exec(select(Site.name).order_by(Site.name)))
        fail(f"There is no site called {name!r}. Known sites: {known or 'none yet'}.")
    return found


def _actor(session: Session, email: str | None) -> Actor:
    if email is None:
        fail("Say with --by whose account shares the file, or with --system which system to write as CSV.")
    return actor_of(session, account_id=get_account(session, email=email).id)
