"""``drugcheck alerts dead|retry``: messages that were given up, and trying them again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Column, Table
from sqlmodel import Session

from alerts.deliveries.dead import DeadLetter, find_dead, put_back
from alerts.vocabulary import ChannelKind
from api.cli.console import fail, out

SHOWN = 50

Channel = Annotated[ChannelKind | None, typer.Option(help="Only what went by this road.")]
Fault = Annotated[str | None, typer.Option(help="Only what failed last for this reason, such as http_503.")]


@contextmanager
def _session() -> Iterator[Session]:
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- to replay rules needs no laboratory, nor the wait for one

    with laboratory() as state, state.database.session() as session:
        yield session


def show(channel: Channel = None, fault: Fault = None) -> None:
    """List the messages that were given up, without their addresses, newest first."""
    with _session() as session:
        letters = find_dead(session, channel=channel, fault=fault)
    if not letters:
        out.print("No message was given up.")
        return
    id_column = Column("id", no_wrap=True, min_width=36)  # whole in the narrowest terminal: `retry --id` takes it
    table = Table(id_column, "what", "by", "given up", "attempts", "last fault")
    for one in letters[:SHOWN]:
        row = one.delivery
        ended = f"{row.ended_at:%Y-%m-%d %H:%M}" if row.ended_at else ""
        table.add_row(str(row.id), row.purpose.value, row.channel.value, ended, str(row.attempts), one.fault or "")
    out.print(table)
    out.print(f"{len(letters)} given up: {_counted(letters)}.", highlight=False)


def _counted(letters: list[DeadLetter]) -> str:
    counts = Counter((one.delivery.channel.value, one.fault or "no fault kept") for one in letters)
    return ", ".join(f"{count} by {channel} ({fault})" for (channel, fault), count in counts.most_common())


def retry(
    delivery: Annotated[str | None, typer.Option("--id", help="Only this message, as `dead` lists it.")] = None,
    channel: Channel = None,
    fault: Fault = None,
) -> None:
    """Try messages that were given up again, under the same message ids: all of them unless told which."""
    wanted = _id(delivery)
    with _session() as session:
        letters = find_dead(session, channel=channel, fault=fault)
        count = put_back(
            session, delivery_ids=[one.delivery.id for one in letters if wanted in {None, one.delivery.id}]
        )
    if not count:
        fail("No such message was given up.")
    out.print(f"Tried again: {count}. `drugcheck alerts dead` shows what fails once more.", highlight=False)


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text is not None else None
    except ValueError:
        fail(f"{text!r} is not the id of a message: `drugcheck alerts dead` lists them.")
