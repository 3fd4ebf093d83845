"""A contact opens with two files, and with one of them gone it never opens again."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from lab.contacts.errors import ContactErasedError
from lab.contacts.keys import DAY_KEY, ContactKeys
from lab.kit.clock import frozen

DAY = date(2026, 7, 4)
NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
ADDRESS = "somebody@example.org"


@pytest.fixture
def keys(tmp_path: Path) -> ContactKeys:
    return ContactKeys(tmp_path / "keys")


def test_what_was_sealed_opens_again(keys: ContactKeys) -> None:
    one = uuid4()
    sealed = keys.seal(one, DAY, ADDRESS)
    assert keys.open(one, DAY, sealed) == ADDRESS
    assert ADDRESS.encode() not in sealed


def test_the_length_tells_nothing(keys: ContactKeys) -> None:
    assert len(keys.seal(uuid4(), DAY, "a@b.org")) == len(keys.seal(uuid4(), DAY, "x" * 240 + "@b.org"))


def test_the_same_address_is_never_sealed_alike(keys: ContactKeys) -> None:
    assert keys.seal(uuid4(), DAY, ADDRESS) != keys.seal(uuid4(), DAY, ADDRESS)


def test_one_is_destroyed_and_the_others_of_its_day_stay(keys: ContactKeys) -> None:
    gone, kept = uuid4(), uuid4()
    sealed_gone, sealed_kept = keys.seal(gone, DAY, ADDRESS), keys.seal(kept, DAY, ADDRESS)
    keys.destroy(gone, DAY)
    with pytest.raises(ContactErasedError):
        keys.open(gone, DAY, sealed_gone)
    assert keys.open(kept, DAY, sealed_kept) == ADDRESS


def test_another_contact_s_keys_do_not_open_it(keys: ContactKeys) -> None:
    one, other = uuid4(), uuid4()
    sealed = keys.seal(one, DAY, ADDRESS)
    keys.seal(other, DAY, ADDRESS)
    with pytest.raises(ContactErasedError):
        keys.open(other, DAY, sealed)


def test_the_key_of_a_day_goes_with_its_last_contact_and_takes_copies_of_the_rest_with_it(
    keys: ContactKeys, tmp_path: Path
) -> None:
    one, other = uuid4(), uuid4()
    sealed = keys.seal(one, DAY, ADDRESS)
    keys.seal(other, DAY, ADDRESS)
    shutil.copy(keys.folder / "2026-07-04" / f"{one}.key", tmp_path / "left.key")  # what a disk may have kept
    with frozen(NOON + timedelta(days=3)):
        keys.destroy(other, DAY)
        assert (keys.folder / "2026-07-04" / DAY_KEY).exists()
        keys.destroy(one, DAY)
    assert not (keys.folder / "2026-07-04").exists()
    (keys.folder / "2026-07-04").mkdir()
    shutil.copy(tmp_path / "left.key", keys.folder / "2026-07-04" / f"{one}.key")
    with pytest.raises(ContactErasedError):
        keys.open(one, DAY, sealed)


def test_the_key_of_a_day_that_is_not_over_stays_for_the_next_contact(keys: ContactKeys) -> None:
    one = uuid4()
    with frozen(NOON):
        keys.seal(one, DAY, ADDRESS)
        keys.destroy(one, DAY)
        assert (keys.folder / "2026-07-04" / DAY_KEY).exists()


def test_keys_are_overwritten_before_they_are_removed(keys: ContactKeys, tmp_path: Path) -> None:
    one = uuid4()
    keys.seal(one, DAY, ADDRESS)
    path = keys.folder / "2026-07-04" / f"{one}.key"
    before = path.read_bytes()
    (tmp_path / "same-file").hardlink_to(path)  # shows what the disk's blocks hold afterwards
    keys.destroy(one, DAY)
    assert (tmp_path / "same-file").read_bytes() != before


def test_only_the_owner_may_read_them(keys: ContactKeys) -> None:
    one = uuid4()
    sealed = keys.seal(one, DAY, ADDRESS)
    files = list(keys.folder.rglob("*.key"))
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    files[0].chmod(0o644)
    with pytest.raises(ContactErasedError):
        keys.open(one, DAY, sealed)
