"""The signing key's file."""

import stat
from pathlib import Path
from threading import Thread

import pytest

from lab.custody.errors import KeyFileError
from lab.custody.keys import load_or_create_signer, public_key_file, read_public_key
from lab.kit.notes import Signer


def test_a_key_is_made_once_and_its_owner_alone_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "custody.key"
    signer = load_or_create_signer(path, name="log.example/custody")
    assert load_or_create_signer(path) == signer
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["custody.key"]


def test_two_deployments_without_a_name_have_different_origins(tmp_path: Path) -> None:
    first, second = (load_or_create_signer(tmp_path / name) for name in ("a", "b"))
    assert first.name != second.name


def test_processes_that_start_together_end_up_with_one_key(tmp_path: Path) -> None:
    found: list[Signer] = []
    threads = [Thread(target=lambda: found.append(load_or_create_signer(tmp_path / "key"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    load_or_create_signer(path)
    path.chmod(0o640)
    with pytest.raises(KeyFileError):
        load_or_create_signer(path)


@pytest.mark.parametrize("content", ["", "rubbish", "PRIVATE+KEY+a+00000000+AAAA", "\u00e9"])
def test_a_file_that_holds_no_key_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(KeyFileError):
        load_or_create_signer(path)
    assert path.read_text(encoding="utf-8") == content


def test_the_public_key_file_is_one_line_without_the_secret(tmp_path: Path) -> None:
    signer = load_or_create_signer(tmp_path / "key")
    content = public_key_file(signer)
    assert content.count(b"\n") == 1
    assert signer.text.strip().split("+", 4)[4].encode() not in content
    assert read_public_key(content) == signer.public_key
    with pytest.raises(KeyFileError):
        read_public_key(signer.text.encode())


def test_a_place_where_no_key_can_lie_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path, tmp_path / "file" / "key"):
        with pytest.raises(KeyFileError):
            load_or_create_signer(path)
