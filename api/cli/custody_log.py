"""``drugcheck custody`` for whoever keeps the log: change its key, sign it now, write it for other systems."""

import json
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, select

from api.cli.console import fail, out
from lab.custody.bundle import checkpoint_of_size
from lab.custody.epcis import epcis_document
from lab.custody.errors import NothingToExportError
from lab.custody.keys import LogKey, load_or_create_signer
from lab.custody.recording import sample_history
from lab.custody.rotation import exchange_files, prepare, record_change
from lab.kit import ledger
from lab.kit.clock import now
from lab.kit.key_change import ChangeReason
from lab.kit.messages import Param
from lab.kit.notes import PublicKey, Signer
from lab.samples.codes import parse_code
from lab.samples.models import Sample
from templates.i18n import translator

LANGUAGE = "en"  # commands speak English


def rotate_key(
    *,
    reason: Annotated[
        ChangeReason,
        typer.Option(help="planned; compromised: the old key may be in other hands; lost: its file is gone."),
    ] = ChangeReason.PLANNED,
) -> None:
    """Sign the log with a new key from now on. The old key endorses it, and signs nothing afterwards.

    Publish the new fingerprint, with the date, where the old one was published. Safe to run again after a crash.
    """
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- other commands need none

    with laboratory() as state:
        path = state.settings.effective_signing_key
        with state.database.session() as session:
            last = ledger.latest_checkpoint(session)
            there = load_or_create_signer(path) if path.exists() or last is None else None
            old = None if reason is ChangeReason.LOST else there
            is_there = there is not None and (last is None or last.key_id == there.public_key.vkey)
            if reason is ChangeReason.LOST and is_there:
                fail(_say("custody.rotate.not_lost", file=str(path)))
            if reason is not ChangeReason.LOST and not is_there and not _interrupted(session, there):
                fail(_say("custody.rotate.not_the_logs_key", file=str(path)))
            origin = old.name if old else PublicKey.parse(last.key_id).name if last else ""
            new = prepare(path, origin=origin)
            change = record_change(session, new=new, old=old, reason=reason)
        kept = exchange_files(path, old=change.old)
    out.print(
        _say(
            f"custody.rotated.{reason}", size=change.size, old=change.old.fingerprint, new=change.new.fingerprint,
            file=str(kept),
        ),
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip


def _interrupted(session: Session, signer: Signer | None) -> bool:
    """Whether this key was changed for the next one in the database, but the files have not changed places yet."""
    if signer is None:
        return False
    query = select(ledger.LedgerKeyChange.id).where(ledger.LedgerKeyChange.old_key == signer.public_key.vkey)
    return session.exec(query).first() is not None


def checkpoint(
    out_file: Annotated[Path, typer.Option("--out", help="Where to write the checkpoint.")],
    *,
    size: Annotated[int | None, typer.Option(help="An older one: the number of entries it was signed over.")] = None,
) -> None:
    """Sign the log as it stands and write the checkpoint, for somebody outside to keep."""
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- as above

    _refuse_existing(out_file)
    with laboratory() as state, state.database.session() as session:
        if size is None:
            signer = LogKey(state.settings.effective_signing_key).signer(session)
            signed = ledger.checkpoint(session, signer=signer)
        else:
            signed = checkpoint_of_size(session, size=size)
        note, entries = signed.note, signed.size
    _write(out_file, note.encode())
    out.print(_say("custody.checkpoint_written", file=str(out_file), size=entries), markup=False, soft_wrap=True)


def epcis(
    sample: Annotated[str, typer.Option(help="The sample's code.")],
    out_file: Annotated[Path, typer.Option("--out", help="Where to write the events.")],
) -> None:
    """Write the events of one sample as EPCIS 2.0 (JSON-LD), for systems that follow goods. It proves nothing."""
    from api.cli.laboratory import laboratory  # noqa: PLC0415 -- as above

    _refuse_existing(out_file)
    with laboratory() as state, state.database.reading() as session:
        sample_id = session.exec(select(Sample.id).where(Sample.code == parse_code(sample))).first()
        events = [] if sample_id is None else sample_history(session, sample_id)
    if not events:
        raise NothingToExportError
    document = epcis_document(events, created_at=now())
    _write(out_file, json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n")
    out.print(_say("custody.epcis_written", file=str(out_file), events=len(events)), markup=False, soft_wrap=True)


def _refuse_existing(path: Path) -> None:
    if path.exists():
        fail(_say("error.custody.file_exists", file=str(path)))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        fail(_say("error.custody.file_unwritable", file=str(path), reason=error.strerror or ""))


def _say(text_id: str, **params: Param) -> str:
    return translator(LANGUAGE).text(text_id, **params)
