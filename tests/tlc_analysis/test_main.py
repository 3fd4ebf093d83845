import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.tlc_analysis.drawn_plates import random_spec, render
from tlc_analysis.__main__ import main


def test_a_picture_becomes_json_on_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "plate.jpg"
    picture.write_bytes(render(random_spec("scan", "uv254", 7), seed=7).image)
    assert main([str(picture), "--illumination", "uv254"]) == 0
    reading = json.loads(capsys.readouterr().out)
    assert reading["schema"] == "plate-reading/1"
    assert reading["image"]["illumination"] == "uv254"


@pytest.mark.parametrize("content", [b"", b"hello, I am no picture", b"\xff\xd8\xff\xe0 truncated"])
def test_what_cannot_be_read_is_code_2_and_one_sentence(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "plate.jpg"
    picture.write_bytes(content)
    assert main([str(picture)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_code_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.jpg")]) == 2
    assert "cannot be opened" in capsys.readouterr().err


def test_a_damaged_jpeg_lets_no_library_speak(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = bytearray(render(random_spec("scan", "uv254", 7), seed=7).image)
    pixels = cv2.imdecode(np.frombuffer(bytes(whole), np.uint8), cv2.IMREAD_COLOR)
    data = bytearray(cv2.imencode(".jpg", pixels)[1].tobytes())
    for position in range(len(data) // 2, len(data) // 2 + 40):
        data[position] = 0x5A if position % 2 else 0x00
    picture = tmp_path / "damaged.jpg"
    picture.write_bytes(bytes(data))
    main([str(picture)])
    assert "JPEG" not in capfd.readouterr().err
