"""Endpoints on this machine, in a process of their own: ``python -m tests.alerts.deliveries.receivers LOG PORTS``.

HTTP, at every address of this machine (127.0.0.0/8 has millions, each a host of its own): whatever is posted to
``/ok/…`` is answered and noted, ``/hang/…`` is never answered. SMTP: everything is taken
and noted. A note is a line "id moment", written before the answer, as a receiver does that de-duplicates.
"""

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TextIO

_ID = re.compile(rb"(?:webhook-id: msg_|Message-ID: <msg_|topic: )([0-9a-f]{32})", re.IGNORECASE)
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


class Notes:
    """What arrived, and when."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def take(self, data: bytes) -> None:
        found = _ID.search(data)
        if found:
            self._file.write(f"msg_{found[1].decode()} {time.time():.3f}\n")
            self._file.flush()


async def http(notes: Notes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        await reader.readexactly(int(length[1]) if length else 0)
        if head.startswith(b"POST /hang"):
            await reader.read()
        else:
            notes.take(head)
            writer.write(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def smtp(notes: Notes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write(b"220 here\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                notes.take(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                return
            else:
                writer.write(b"250 ok\r\n")
    except (asyncio.IncompleteReadError, OSError):
        pass
    finally:
        writer.close()


async def main(log: str, ports: str) -> None:
    with Path(log).open("a", encoding="utf-8") as file:
        notes = Notes(file)
        servers = [
            await asyncio.start_server(lambda r, w, serve=serve: serve(notes, r, w), host, 0, backlog=20000)
            for serve, host in ((http, "0.0.0.0"), (smtp, "127.0.0.1"))  # noqa: S104 -- for as long as a test runs
        ]
        Path(ports).write_text(" ".join(str(server.sockets[0].getsockname()[1]) for server in servers))
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
