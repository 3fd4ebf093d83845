"""``drugcheck library``: what the reference library holds, with sources, and its exchange file."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table
from sqlmodel import Session, select

from api.cli.console import fail, out
from api.cli.laboratory import laboratory
from lab.library import service
from lab.library.models import TlcSystem
from lab.network.models import Site
from tlc_analysis.library import COLUMNS

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
    system: Annotated[str, typer.Option(help="The system's code, such as TA.")],
    site: Annotated[str, typer.Option(help="The laboratory whose own standards speak.")],
) -> None:
    """Write what may identify in a system to standard output, as `drugcheck plate match --library` reads it."""
    with _session() as session:
        laboratory = session.exec(select(Site).where(Site.name == site)).first()
        if laboratory is None:
            known = ", ".join(session.exec(select(Site.name).order_by(Site.name)))
            fail(f"There is no site called {site!r}. Known sites: {known or 'none yet'}.")
        found = service.get_system(session, code=system)
        entries = service.match_library(session, system_id=found.id, site_id=laboratory.id)
    writer = csv.writer(sys.stdout)
    writer.writerow(COLUMNS)
    for entry in entries:
        cells = (getattr(entry, column) for column in COLUMNS)
        writer.writerow(["" if cell is None else cell for cell in cells])
