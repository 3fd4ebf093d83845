"""``drugcheck custody``: check the proof of custody offline, and take it out of a laboratory's database."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlmodel import Session, select

from api.cli import custody_log
from api.cli.console import EXIT_FAILED, err, fail, out, print_json
from lab.custody.bundle import UnreadableError, VerificationReport, bundle_bytes, export_bundle, verify_file
from lab.custody.errors import KeyFileError, NothingToExportError
from lab.custody.fold import ItemStatus
from lab.custody.keys import LogKey, public_key_file, read_public_key
from lab.custody.verification import CHECKPOINT, CONSISTENCY_SCHEMA, DATABASE, RECEIPT_SCHEMA, RECEIPTS_SCHEMA, note_of
from lab.kit.messages import Message, Param
from lab.kit.notes import PublicKey, Signer, encode
from lab.samples.codes import parse_code
from lab.samples.models import Sample
from templates.i18n import translator

app = typer.Typer(help="Custody: check a proof offline, or take one out of the log.", no_args_is_help=True)
LANGUAGE = "en"  # commands speak English
app.command("rotate-key")(custody_log.rotate_key)
app.command("checkpoint")(custody_log.checkpoint)
app.command("epcis")(custody_log.epcis)


@app.command()
def verify(
    file: Annotated[
        Path | None, typer.Argument(help="A bundle (custody.json), a receipt, a checkpoint or a consistency proof.")
    ] = None,
    *,
    key: Annotated[Path | None, typer.Option(help="The published public key (custody.pub).")] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint that you kept: what is checked must agree with it.")
    ] = None,
    database: Annotated[
        bool, typer.Option("--database", help="Check this laboratory's whole database instead of a file.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document instead of sentences.")] = False,
) -> None:
    """Check that no event was changed, dropped, added or moved. A file needs no database and no network.

    Exit code 0: verified. 1: verification failed. 2: a file could not be read.
    """
    if (file is None) != database:
        fail(_say("custody.verify.what"))
    published = None if key is None else _public_key(key)
    held = None if checkpoint is None else _read(checkpoint)
    if held is not None:
        _check_is_note(held, checkpoint)
    try:
        report = _database_report(published, held) if file is None else verify_file(
            _read(file), key=published, held=held, processes=os.cpu_count() or 1
        )  # fmt: skip
    except UnreadableError as error:
        fail(_say(error.message.id, file=file.name if file else ""))
    if as_json:
        print_json(_document(report))
    else:
        _print(report, file.name if file else _say("custody.the_database"))
    if not report.verified:
        raise SystemExit(EXIT_FAILED)


def _check_is_note(content: bytes, path: Path | None) -> None:
    try:
        note_of(content)
    except UnreadableError:
        fail(_say("error.custody.not_a_checkpoint", file=str(path)))


def _database_report(key: PublicKey | None, held: bytes | None) -> VerificationReport:
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- a file needs none
    from lab.custody.audit import verify_database  # noqa: PLC0415 -- as above

    with laboratory() as state, state.database.reading() as session:
        return verify_database(session, key=key, held=held)


@app.command()
def export(
    sample: Annotated[str, typer.Option(help="The sample's code.")],
    out_file: Annotated[Path, typer.Option("--out", help="Where to write the bundle.")],
    *,
    key_out: Annotated[Path | None, typer.Option(help="Write the public key here too.")] = None,
) -> None:
    """Write the bundle of one sample, signed with this deployment's key."""
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- verifying needs none, nor the time to load one

    for path in (out_file, key_out):
        if path is not None and path.exists():
            fail(_say("error.custody.file_exists", file=str(path)))
    with laboratory() as state, state.database.session() as session:
        signer = LogKey(state.settings.effective_signing_key).signer(session)
        content = _bundle_of(session, sample, signer)
        _write(out_file, content)
    if key_out is not None:
        _write(key_out, public_key_file(signer))
    out.print(_say("custody.exported", file=str(out_file), fingerprint=signer.public_key.fingerprint))


def _bundle_of(session: Session, code: str, signer: Signer) -> bytes:
    sample_id = session.exec(select(Sample.id).where(Sample.code == parse_code(code))).first()
    if sample_id is None:
        raise NothingToExportError
    return bundle_bytes(export_bundle(session, sample_id=sample_id, signer=signer))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(_say("error.custody.file_unwritable", file=str(path), reason=error.strerror or ""))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(_say("error.custody.file_unreadable", file=str(path), reason=error.strerror or ""))


def _public_key(path: Path) -> PublicKey:
    try:
        return read_public_key(_read(path))
    except KeyFileError:
        fail(_say("error.custody.not_a_public_key", file=str(path)))


def _say(text_id: str, **params: Param) -> str:
    return translator(LANGUAGE).text(text_id, **params)


def _text(message: Message) -> str:
    return _say(message.id, **message.params)


def _document(report: VerificationReport) -> dict[str, Any]:
    """The report for programs (``custody-verification/1``)."""
    key = report.key
    return {
        "schema": "custody-verification/1",
        "verified": report.verified,
        "checked": report.schema,
        "origin": report.origin,
        "tree_size": report.size,
        "earlier_size": report.earlier_size,
        "root": report.root and encode(report.root),
        "receipt_code": report.code,
        "events": report.events,
        "whole_log": report.whole_log,
        "key": key and {"vkey": key.vkey, "fingerprint": key.fingerprint, "given": report.key_given},
        "problems": [
            {"id": problem.message.id, "seq": problem.seq, "text": _text(problem.message)}
            for problem in report.problems
        ],
        "warnings": [{"id": message.id, "text": _text(message)} for message in report.warnings],
        "items": [_item(status) for status in report.items],
    }


def _item(status: ItemStatus) -> dict[str, Any]:
    return {
        "item": str(status.item),
        "sample": str(status.sample),
        "state": status.state.value,
        "events": status.events,
        "held_ug": status.held_ug,
        "conflict": status.conflict,
    }


def _print(report: VerificationReport, name: str) -> None:
    for message in report.warnings:
        err.print(_text(message), style="yellow", markup=False, highlight=False, soft_wrap=True)
    if not report.verified:
        err.print(_say("custody.failed", file=name), style="bold red", markup=False, highlight=False)
        for problem in report.problems:
            err.print(f"- {_text(problem.message)}", markup=False, highlight=False, soft_wrap=True)
        err.print(_say("custody.failed.next"), markup=False, highlight=False, soft_wrap=True)
        return
    out.print(
        _say(
            f"custody.verified.{_said(report)}", events=report.events, size=report.size or 0,
            origin=report.origin or "", earlier=report.earlier_size or 0, code=report.code or "",
        ),
        style="bold", markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    if report.items:
        out.print(_table(report))


_SAID = {
    RECEIPT_SCHEMA: "receipt",
    RECEIPTS_SCHEMA: "receipts",
    CONSISTENCY_SCHEMA: "consistency",
    CHECKPOINT: "checkpoint",
    DATABASE: "database",
}


def _said(report: VerificationReport) -> str:
    return _SAID.get(report.schema or "", "log" if report.whole_log else "extract")


def _table(report: VerificationReport) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("item", "state", "events", "held"):
        table.add_column(_say(f"custody.column.{column}"), overflow="fold")
    for status in report.items:
        held = "" if status.held_ug is None else f"{status.held_ug / 1000:g} mg"
        table.add_row(str(status.item), translator(LANGUAGE).label(status.state), str(status.events), held)
    return table
