"""The child's side of :mod:`lab.plates.sandbox`: limits first, then one picture, then the end."""

import json
import os
import struct
import sys
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lab.plates.sandbox_limits import end_with_parent, limit
from tlc_analysis.analyse import analyse
from tlc_analysis.decode import decode
from tlc_analysis.edits import read_edits
from tlc_analysis.errors import InvalidHintsError, RegistrationError, UnreadableImageError
from tlc_analysis.hints_json import read_hints
from tlc_analysis.model import Plate
from tlc_analysis.progress import Progress, Step, untold
from tlc_analysis.register import View, register
from tlc_analysis.remeasure import amend_picture
from tlc_analysis.serialise import from_json, to_json

_REFUSALS: dict[type[Exception], str] = {
    UnreadableImageError: "failure.plate.unreadable",
    InvalidHintsError: "failure.plate.hints",
    RegistrationError: "failure.plate.align",
}


def answer(question: dict[str, Any], image: bytes) -> bytes:
    """What was asked for."""
    if question["do"] == "png":
        pixels = decode(image).pixels
        return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1])
    if question["do"] == "amend":
        size = question["plate_mm"]
        amended = amend_picture(
            image, from_json(question["document"]), read_edits(question["edits"]),
            plate_mm=None if size is None else (size[0], size[1]), progress=_told(question),
        )  # fmt: skip
        return json.dumps(to_json(amended)).encode()
    if question["do"] == "align":
        return json.dumps(_aligned(question, image)).encode()
    hints = question["hints"]
    reading = analyse(
        image, illumination=question["illumination"], hints=None if hints is None else read_hints(hints),
        progress=_told(question),
    )  # fmt: skip
    return json.dumps(to_json(reading)).encode()


def _told(question: dict[str, Any]) -> Progress:
    """Says each step, a line each, to the pipe that the parent reads; nothing where it does not listen."""
    pipe: int | None = question.get("progress")
    if pipe is None:
        return untold

    def tell(step: Step) -> None:
        os.write(pipe, f"{step.value}\n".encode())

    return tell


def _aligned(question: dict[str, Any], images: bytes) -> dict[str, Any]:
    """Two pictures in one: the reference first, as long as ``split`` says."""
    parts = (images[: question["split"]], images[question["split"] :])
    views = []
    for name, content, document, number in zip("ab", parts, question["documents"], question["plates"], strict=True):
        reading = from_json(document)
        picture = decode(content, illumination=reading.image.illumination, reduced=True)
        views.append(View(name=name, picture=picture, plate=_scaled(reading.plates[number], picture.block)))
    found = register(*views)
    matrix = np.linalg.inv(_to_block(views[0].picture.block)) @ found.to_reference @ _to_block(views[1].picture.block)
    return {"matrix": matrix.tolist(), "likeness": found.likeness, "turned": found.turned}


def _to_block(block: int) -> NDArray[np.float64]:
    """(3, 3) from pixels of the whole picture to those of one decoded at a fraction; an integer is a pixel's centre."""
    off = 0.5 / block - 0.5
    return np.array([[1 / block, 0.0, off], [0.0, 1 / block, off], [0.0, 0.0, 1.0]])


def _scaled(plate: Plate, block: int) -> Plate:
    """``plate`` with its corners in the pixels of a picture that was decoded at a fraction of its size."""
    off = 0.5 / block - 0.5
    top_left, top_right, bottom_right, bottom_left = ((x / block + off, y / block + off) for x, y in plate.corners_px)
    return replace(plate, corners_px=(top_left, top_right, bottom_right, bottom_left))


def outcome(work: Callable[[], bytes]) -> tuple[str | None, str, bytes]:
    """(failure, where, answer): which message id of :class:`lab.plates.sandbox.Failure` befits an exception."""
    try:
        return None, "", work()
    except tuple(_REFUSALS) as error:
        return _REFUSALS[type(error)], str(error), b""
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
