"""The network's secret for person codes: one a year, in a file outside database and backups, gone when the year is."""

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from lab.kit.secret_file import load_or_create

_NAME = re.compile(r"person_code-(\d{4})\.key")


@dataclass(frozen=True)
class PersonCodeKeys:
    """The folder where the secrets lie; several servers of one network must share it."""

    folder: Path

    def of_year(self, year: int) -> bytes:
        """The secret of ``year``, made on first use; readable by its owner alone."""
        path = self.folder / f"person_code-{year}.key"
        return bytes.fromhex(load_or_create(path, lambda: secrets.token_hex(32)))

    def destroy_all(self) -> int:
        """Delete every secret, this year's too: what backups still hold of codes can be tried by nobody. How many."""
        return self.destroy_before(10_000)

    def destroy_before(self, year: int) -> int:
        """Delete the secrets of the years before ``year``: their codes can be rebuilt by nobody any more. How many."""
        gone = 0
        for path in sorted(self.folder.glob("person_code-*.key")):
            match = _NAME.fullmatch(path.name)
            if match is not None and int(match[1]) < year:
                path.unlink(missing_ok=True)
                gone += 1
        return gone
