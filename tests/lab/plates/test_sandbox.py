"""The plate reader's process: limited, alone, and gone with its parent."""

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from lab.plates import listening, sandbox
from lab.plates.sandbox import Failure, Limits, ReaderError, as_png, read_plates
from tests.lab.plates.pictures import bmp, jpeg, png
from tlc_analysis.decode import decode
from tlc_analysis.progress import Step
from tlc_analysis.serialise import from_json
from tlc_analysis.synthetic import random_spec, render

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def plate() -> bytes:
    return render(random_spec("scan", "uv254", seed=3), seed=3).image


def fails(image: bytes, **options: object) -> Failure:
    with pytest.raises(ReaderError) as refused:
        read_plates(image, **options)  # type: ignore[arg-type]  # options of several types
    return refused.value.failure


def test_a_plate_is_read_as_in_this_process(plate: bytes) -> None:
    reading = from_json(read_plates(plate, illumination="uv254"))
    assert reading.image.illumination == "uv254"
    assert sum(len(lane.spots) for plate in reading.plates for lane in plate.lanes) > 0


def test_the_reader_says_what_it_is_doing(plate: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "EVERY_S", 0.0)
    told: list[str] = []
    quietly = read_plates(plate, illumination="uv254")
    assert read_plates(plate, illumination="uv254", listener=told.append) == quietly
    steps = list(Step)
    assert told[-1] == Step.LANES  # steps within one look at the pipe are passed over
    assert [steps.index(Step(step)) for step in told] == sorted(steps.index(Step(step)) for step in told)


def test_steps_that_follow_fast_are_passed_over_and_the_newest_is_told_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "EVERY_S", 0.15)
    told: list[str] = []
    with listening.listening(told.append) as pipe:
        for word in (b"first\n", b"second\nthi", b"rd\n"):
            assert pipe.fd is not None
            os.write(pipe.fd, word)
            time.sleep(0.03)
        time.sleep(0.25)  # nothing more is said, and yet the newest word comes through
    assert told == ["first", "third"]


def test_hints_reach_the_reader(plate: bytes) -> None:
    reading = from_json(read_plates(plate, hints={"plates": [{"lane_x_px": [200.0, 300.0]}]}))
    assert len(reading.plates[0].lanes) == 2


def test_each_trouble_has_its_own_name(plate: bytes) -> None:
    assert fails(b"no picture") is Failure.UNREADABLE
    assert fails(plate, hints={"up": "sideways"}) is Failure.HINTS
    assert fails(plate, limits=Limits(wall_s=0.05)) is Failure.TIMEOUT


@pytest.mark.parametrize(
    ("trouble", "failure"),
    [
        ("x = bytearray(64 << 30)", Failure.MEMORY),
        ("while True: pass", Failure.TIMEOUT),
        ("os.kill(os.getpid(), signal.SIGSEGV)", Failure.CRASHED),
        ("os.kill(os.getpid(), signal.SIGKILL)", Failure.MEMORY),
        ("os.abort()", Failure.CRASHED),
        ("raise ZeroDivisionError", Failure.ERROR),
        ("os.write(os.open('written', os.O_CREAT | os.O_WRONLY), b'x')", Failure.ERROR),
    ],
)
def test_whatever_befalls_the_reader_stays_in_its_process(
    trouble: str, failure: Failure, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = f"""
        import os, signal, sys
        import lab.plates.sandbox_child as child
        def answer(question, image):
            {trouble}
        child.answer = answer
        child.main()
    """
    (tmp_path / "bewitched.py").write_text(textwrap.dedent(child))
    popen = subprocess.Popen

    def start(command: list[str], **options: object) -> "subprocess.Popen[bytes]":
        environment = {**options.pop("env"), "PYTHONPATH": f"{ROOT}:{tmp_path}"}  # type: ignore[dict-item]  # a dict
        return popen([*command[:-1], "bewitched"], env=environment, cwd=tmp_path, **options)  # type: ignore[call-overload,no-any-return]  # handed on

    monkeypatch.setattr(sandbox.subprocess, "Popen", start)
    with pytest.raises(ReaderError) as refused:
        read_plates(b"", limits=Limits(memory_mb=200, cpu_s=1, wall_s=20.0))
    assert refused.value.failure is failure


def test_the_reader_sees_no_settings_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRUGCHECK_SECRET_KEY", "hush")
    assert "hush" not in sandbox._environment().values()


def test_a_reader_whose_parent_was_killed_ends() -> None:
    """The parent starts a reader that lingers, names it, and is killed."""
    reader = """
        import os, sys, time
        import lab.plates.sandbox_child as child
        child.end_with_parent(int(sys.argv[1]))
        print(os.getpid(), flush=True)
        time.sleep(300)
    """
    parent = f"""
        import os, subprocess, sys
        subprocess.run([sys.executable, "-c", {textwrap.dedent(reader)!r}, str(os.getpid())])
    """
    command = [sys.executable, "-c", textwrap.dedent(parent)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert _alive(child)
        process.kill()
    deadline = time.monotonic() + 20.0
    while _alive(child):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()


def test_a_decoded_picture_loses_nothing() -> None:
    for original in (bmp(), jpeg(6), png(deep=True)):
        stored = as_png(original)
        np.testing.assert_array_equal(decode(stored).pixels, decode(original).pixels)
