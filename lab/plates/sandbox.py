"""Runs the plate reader in a process of its own, with limits: a hostile or monstrous picture ends that process alone.

The child starts from nothing (no fork: neither connections nor secrets are inherited) with an environment that
holds no settings, limits its own memory and processor time before it looks at a byte, and ends with its parent.
"""

import json
import logging
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Any

from lab.plates.listening import Listener, listening

logger = logging.getLogger("drugcheck.plates")
_one_conversion = Lock()
_ROOT = Path(__file__).parents[2]


class Failure(StrEnum):
    """Why a picture was not read; the values are message ids."""

    UNREADABLE = "failure.plate.unreadable"
    HINTS = "failure.plate.hints"
    TIMEOUT = "failure.plate.timeout"
    MEMORY = "failure.plate.memory"
    CRASHED = "failure.plate.crashed"
    ERROR = "failure.plate.error"
    ALIGN = "failure.plate.align"  # two pictures that cannot be laid over each other
    GIVEN_UP = "failure.plate.given_up"  # said by the sweep: its job died


class ReaderError(Exception):
    """The reader gave no answer; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True)
class Limits:
    """What one picture may take. ``memory_mb`` and ``cpu_s`` are on top of loading the reader's own code.

    Reading 58 megapixels was measured to take 470 MB in all and 2 s.
    """

    memory_mb: int = 2048
    cpu_s: int = 120
    wall_s: float = 180.0


DEFAULT_LIMITS = Limits()


def read_plates(
    image: bytes,
    *,
    illumination: str | None = None,
    hints: Mapping[str, Any] | None = None,
    limits: Limits = DEFAULT_LIMITS,
    listener: Listener | None = None,
) -> dict[str, Any]:
    """The ``plate-reading/1`` document of a picture. ``listener`` is told of the steps meanwhile, from a thread.

    Raises :class:`ReaderError`.
    """
    answer = _ask({"do": "read", "illumination": illumination, "hints": hints}, image, limits, listener=listener)
    document: dict[str, Any] = json.loads(answer)
    return document


@dataclass(frozen=True)
class Edited:
    """A reading's document, what a person changes on it, and the plate's width and height where they are known."""

    document: Mapping[str, Any]
    edits: Mapping[str, Any]
    plate_mm: tuple[float, float] | None


def amend_plates(
    image: bytes, edited: Edited, *, limits: Limits = DEFAULT_LIMITS, listener: Listener | None = None
) -> dict[str, Any]:
    """The ``plate-reading/1`` document with a person's corrections in it. ``listener`` as for :func:`read_plates`.

    Raises :class:`ReaderError`.
    """
    document: dict[str, Any] = json.loads(_ask({"do": "amend"} | asdict(edited), image, limits, listener=listener))
    return document


def align_pictures(
    reference: bytes,
    other: bytes,
    *,
    documents: tuple[Mapping[str, Any], Mapping[str, Any]],
    plates: tuple[int, int],
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """How ``other`` lies over ``reference``: ``matrix``, ``likeness``, ``turned``.

    ``documents``: their readings; ``plates``: which plate of each is meant. Raises :class:`ReaderError`.
    """
    question = {"do": "align", "split": len(reference), "documents": documents, "plates": plates}
    found: dict[str, Any] = json.loads(_ask(question, reference + other, limits))
    return found


def as_png(image: bytes, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The picture as the reader decodes it, as PNG. One at a time: this is called from requests.

    Raises :class:`ReaderError`.
    """
    with _one_conversion:
        return _ask({"do": "png"}, image, limits)


def as_photograph(image: bytes, *, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The picture re-encoded by :mod:`lab.photos.reencode`. One at a time, as :func:`as_png`.

    Raises :class:`ReaderError`.
    """
    with _one_conversion:
        return _ask({}, image, limits, child="lab.photos.reencode_child")


def _ask(
    question: dict[str, Any],
    image: bytes,
    limits: Limits,
    *,
    child: str = "lab.plates.sandbox_child",
    listener: Listener | None = None,
) -> bytes:
    """Send one question with its picture, get one answer: a line of JSON, then what was asked for."""
    with listening(listener) as pipe:
        head = json.dumps(question | asdict(limits) | {"parent": os.getpid(), "progress": pipe.fd}).encode()
        process = subprocess.Popen(  # noqa: S603 -- one of two modules of ours, named above
            [sys.executable, "-P", "-W", "ignore", "-m", child],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            pass_fds=pipe.passed,
        )
        pipe.handed_over()
        return _answered(process, head, image, limits)


def _answered(process: "subprocess.Popen[bytes]", head: bytes, image: bytes, limits: Limits) -> bytes:
    """What the child answers. Raises :class:`ReaderError`."""
    with process:
        try:
            output, complaint = process.communicate(struct.pack(">I", len(head)) + head + image, timeout=limits.wall_s)
        except subprocess.TimeoutExpired:
            raise ReaderError(Failure.TIMEOUT) from None
        finally:
            process.kill()
    status, _, answer = output.partition(b"\n")
    if not status:
        raise ReaderError(_fate(process.returncode, complaint))
    outcome = json.loads(status)
    if outcome["failure"] is not None:
        logger.warning("the plate reader gave up (%s): %s", outcome["failure"], outcome["where"])
        raise ReaderError(Failure(outcome["failure"]))
    return answer


def _environment() -> dict[str, str]:
    # One thread for linear algebra: each one reserves address space, which is what the limit counts.
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), **threads}


def _fate(returncode: int, complaint: bytes) -> Failure:
    """What befell a child that ended without a word."""
    logger.warning("the plate reader ended with %d: %s", returncode, complaint[-500:].decode(errors="replace"))
    if -returncode == signal.SIGXCPU:
        return Failure.TIMEOUT
    if -returncode == signal.SIGKILL or b"bad_alloc" in complaint or b"MemoryError" in complaint:
        return Failure.MEMORY
    return Failure.CRASHED
