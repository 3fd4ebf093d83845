"""``drugcheck backup`` and ``drugcheck restore``."""

from pathlib import Path
from typing import Annotated

import typer

import api.backup
from api.cli.console import fail, out
from api.cli.laboratory import read_settings


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write, such as lab-2026-11-21.tar.gz.")],
) -> None:
    """Write database and files of an embedded laboratory to one file. Keys, sessions and tokens are not in it.

    Keep the signing key apart, and never copy the folder of contact keys: their loss is what erases a contact.
    """
    settings = read_settings()
    if target.exists():
        fail(f"{target} exists already; name another file.")
    if settings.database_url is None and not (settings.data_dir / api.backup.DATABASE).exists():
        fail(f"There is no laboratory in {settings.data_dir}; set DRUGCHECK_DATA_DIR to its folder.")
    try:
        report = api.backup.write_backup(settings, target)
    except OSError as error:
        fail(f"{target} could not be written: {error.strerror}.")
    out.print(f"Wrote {report.path} ({report.size_bytes / 1e6:.1f} MB, {report.files} files and the database).")


def restore(source: Annotated[Path, typer.Argument(help="A file that `drugcheck backup` wrote.")]) -> None:
    """Rebuild a laboratory from a backup, in an empty data folder. Every file is checked against its hash.

    Contacts are readable again only where their keys still are, in DRUGCHECK_CONTACT_KEYS; the others are dropped.
    Everybody signs in anew, and tokens of programs are issued anew.
    """
    report = api.backup.restore_backup(read_settings(), source)
    out.print(f"Restored {report.files} files and the database to {report.path}. Put the signing key back beside them.")
    if report.contacts_dropped:
        out.print(f"{report.contacts_dropped} contacts were dropped: their keys are gone, so nobody can read them.")
