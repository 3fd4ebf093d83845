"""Signed notes and checkpoints, against a note that another implementation signed."""

from contextlib import suppress

import pytest

from lab.kit import notes
from lab.kit.checkpoint import Checkpoint
from lab.kit.notes import NoteError, PublicKey, Signer, signed_by, split

# The example of the reference implementation (golang.org/x/mod/sumdb/note).
PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
NOTE = (
    TEXT + "\n\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("log.example/custody", bytes(range(32)))
ROOT = bytes(32)


def test_a_key_and_a_note_of_another_implementation_are_understood() -> None:
    key = PublicKey.parse(PUBLIC)
    assert key.vkey == PUBLIC
    assert signed_by(NOTE, key) == TEXT


def test_the_same_key_signs_the_same_note_as_the_other_implementation() -> None:
    signer = Signer.parse(PRIVATE)
    assert signer.public_key.vkey == PUBLIC
    assert signer.text == PRIVATE
    assert signer.sign(TEXT) == NOTE


def test_the_secret_is_not_shown() -> None:
    assert "seed" not in repr(SIGNER)
    assert SIGNER.text not in repr(SIGNER)


def test_a_checkpoint_is_origin_size_and_root() -> None:
    note = Checkpoint("log.example/custody", 7, ROOT).sign(SIGNER)
    assert note.startswith(
        "log.example/custody\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 log.example/custody "
    )
    text = signed_by(note, SIGNER.public_key)
    assert text is not None
    assert Checkpoint.parse(text) == Checkpoint("log.example/custody", 7, ROOT)


def test_a_key_signs_only_for_its_own_log() -> None:
    with pytest.raises(NoteError, match="cannot sign"):
        Checkpoint("another.example", 7, ROOT).sign(SIGNER)


def test_every_changed_character_of_a_note_is_caught() -> None:
    note = Checkpoint("log.example/custody", 12, ROOT).sign(SIGNER)
    key = SIGNER.public_key
    for position, letter in enumerate(note):
        for other in {"0", "A", "B", " ", "\n", "=", "\u2014"} - {letter}:
            forged = note[:position] + other + note[position + 1 :]
            with suppress(NoteError):
                assert signed_by(forged, key) is None, forged


def test_a_note_of_another_key_with_the_same_name_is_not_ours() -> None:
    impostor = Signer(SIGNER.name, bytes(32))
    note = Checkpoint(SIGNER.name, 7, ROOT).sign(impostor)
    assert signed_by(note, SIGNER.public_key) is None
    assert signed_by(note, impostor.public_key) is not None


def test_lines_of_other_keys_are_passed_over() -> None:
    note = SIGNER.sign("text\n")
    witness = Signer("witness.example", bytes(32)).sign("text\n")
    both = note + witness.rpartition("\n\n")[2]
    assert signed_by(both, SIGNER.public_key) == "text\n"
    assert len(split(both)[1]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "log\n7\n",  # no root
        "log\n07\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",  # leading zero
        "log\n-1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=\n",  # unused bits
        "log\n7\nAAAA\n",  # short root
        "\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",  # no origin
        "log\n7\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n",
    ],
)
def test_other_forms_of_a_checkpoint_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\nb", "a\u00a0b"])
def test_a_key_cannot_have_such_a_name(name: str) -> None:
    with pytest.raises(NoteError):
        Signer.generate(name)


@pytest.mark.parametrize(
    "vkey", ["", "a+b", PUBLIC[:-4], PUBLIC.replace("c74f20a3", "c74f20a4"), PRIVATE, PUBLIC + "AA"]
)
def test_a_damaged_key_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        PublicKey.parse(vkey)


def test_base64_has_one_spelling() -> None:
    assert notes.decode("AAA=") == b"\0\0"
    for other in ("AAB=", "AAA", "AAA==", " AAA=", "AAA=\n", "AA-=", "\u00c4AA="):
        with pytest.raises(NoteError):
            notes.decode(other)
