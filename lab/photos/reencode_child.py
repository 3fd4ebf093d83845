"""The limited process that re-encodes a photograph. It loads no plate reader: somebody is waiting at a counter."""

import json
import struct
import sys

from lab.photos.reencode import reencode
from lab.plates.sandbox_limits import end_with_parent, limit


def main() -> None:
    """Read one picture from standard input, write a line of JSON and the new picture to standard output."""
    channel = sys.stdin.buffer
    (length,) = struct.unpack(">I", channel.read(4))
    question = json.loads(channel.read(length))
    end_with_parent(question["parent"])  # before the limits: a thread's stack counts
    limit(memory_mb=question["memory_mb"], cpu_s=question["cpu_s"])
    status: dict[str, str | None] = {"failure": None, "where": ""}
    result = b""
    try:
        result = reencode(channel.read())
    except MemoryError:
        status = {"failure": "failure.plate.memory", "where": "MemoryError"}
    except Exception as error:  # whatever a hostile file makes a decoder raise: it is no picture
        status = {"failure": "failure.plate.unreadable", "where": type(error).__name__}
    sys.stdout.buffer.write(json.dumps(status).encode() + b"\n" + result)


if __name__ == "__main__":
    main()
