"""The child's side of :mod:`lab.plates.sandbox`: limits first, then one picture, then the end."""

import json
import os
import resource
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from tlc_analysis.analyse import analyse
from tlc_analysis.decode import decode
from tlc_analysis.errors import InvalidHintsError, UnreadableImageError
from tlc_analysis.hints_json import read_hints
from tlc_analysis.serialise import to_json


def limit(*, memory_mb: int, cpu_s: int) -> None:
    """Bind this process: address space above what its code takes, processor time, no files, no core dump."""
    taken = Path("/proc/self/statm")
    if taken.exists():  # macOS has no such figure and does not hold the limit; there the time limits stand alone
        memory = int(taken.read_text().split()[0]) * resource.getpagesize() + memory_mb * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end_with_parent(parent: int) -> None:
    """Leave as soon as the parent is gone: nobody would hear the answer."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def answer(question: dict[str, Any], image: bytes) -> bytes:
    """What was asked for."""
    if question["do"] == "png":
        pixels = decode(image).pixels
        return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1])
    hints = question["hints"]
    reading = analyse(image, illumination=question["illumination"], hints=None if hints is None else read_hints(hints))
    return json.dumps(to_json(reading)).encode()


def outcome(work: Callable[[], bytes]) -> tuple[str | None, str, bytes]:
    """(failure, where, answer): which message id of :class:`lab.plates.sandbox.Failure` befits an exception."""
    try:
        return None, "", work()
    except UnreadableImageError as error:
        return "failure.plate.unreadable", str(error), b""
    except InvalidHintsError as error:
        return "failure.plate.hints", str(error), b""
    except MemoryError:
        return "failure.plate.memory", "MemoryError", b""
    except cv2.error as error:
        kind = "memory" if error.code == cv2.Error.STS_NO_MEM else "error"
        return f"failure.plate.{kind}", str(error), b""
    except Exception:
        return "failure.plate.error", traceback.format_exc(limit=-6), b""


def main() -> None:
    """Read one question from standard input, write one answer to standard output."""
    channel = sys.stdin.buffer
    (length,) = struct.unpack(">I", channel.read(4))
    question = json.loads(channel.read(length))
    end_with_parent(question["parent"])  # before the limits: a thread's stack counts
    limit(memory_mb=question["memory_mb"], cpu_s=question["cpu_s"])
    image = channel.read()
    failure, where, result = outcome(lambda: answer(question, image))
    status = json.dumps({"failure": failure, "where": where}).encode()
    sys.stdout.buffer.write(status + b"\n" + result)


if __name__ == "__main__":
    main()
