"""Photographs of samples: nothing but pixels is kept, and not for longer than was agreed."""

import io
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from PIL import Image, ImageCms
from sqlmodel import Session

from lab.kit import clock
from lab.kit.files import FileMissingError, FileStore, open_files
from lab.photos import service
from lab.photos.errors import PhotoIdReusedError, PhotoNotFoundError, TooManyPhotosError
from lab.photos.reencode import LONGEST_PX
from lab.photos.service import PhotoRetention, clean_photo, erase_due
from lab.plates.errors import NotAPictureError, PictureDamagedError
from lab.results import service as results
from lab.results.models import Result, Technique
from lab.samples.models import Sample
from tests.lab.bench import TEXTS, Bench
from tests.lab.plates.pictures import SECRETS

DAY = timedelta(days=1)


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return open_files(str(tmp_path / "files"))


def _jpeg(colour: tuple[int, int, int] = (200, 60, 60), size: tuple[int, int] = (320, 240), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", quality=95, **more)
    return out.getvalue()


def test_only_pixels_survive_and_they_stand_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # displayed turned by 90 degrees
    exif[0x010E] = SECRETS["comment"].decode()
    exif.get_ifd(0x8825)[2] = (50.0, 1.0, 51.123)  # GPS latitude
    taken = _jpeg(exif=exif, xmp=SECRETS["XMP"], comment=SECRETS["comment"]) + SECRETS["trailer"]
    clean = clean_photo(taken)
    for part in (SECRETS["comment"], SECRETS["XMP"], SECRETS["trailer"], b"Exif", b"http"):
        assert part not in clean
    with Image.open(io.BytesIO(clean)) as picture:
        assert picture.size == (240, 320)
        assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_large_picture_is_reduced_and_a_small_one_is_not_enlarged() -> None:
    with Image.open(io.BytesIO(clean_photo(_jpeg(size=(4000, 1000))))) as large:
        assert large.size == (LONGEST_PX, LONGEST_PX // 4)
    with Image.open(io.BytesIO(clean_photo(_jpeg(size=(320, 240))))) as small:
        assert small.size == (320, 240)


def test_colours_of_another_colour_space_are_converted_before_its_profile_is_dropped() -> None:
    srgb = ImageCms.createProfile("sRGB")
    seen = Image.new("RGB", (64, 64), (180, 40, 90))
    # A profile whose red and blue are swapped: the file says (90, 40, 180) and means (180, 40, 90).
    matrix = bytearray(ImageCms.ImageCmsProfile(srgb).tobytes())
    red, blue = matrix.index(b"rXYZ"), matrix.index(b"bXYZ")
    matrix[red : red + 4], matrix[blue : blue + 4] = b"bXYZ", b"rXYZ"
    written = Image.merge("RGB", seen.split()[::-1])
    out = io.BytesIO()
    written.save(out, "PNG", icc_profile=bytes(matrix))
    with Image.open(io.BytesIO(clean_photo(out.getvalue()))) as picture:
        shown = np.asarray(picture.convert("RGB"), float).mean(axis=(0, 1))
    assert np.abs(shown - (180, 40, 90)).max() < 4


@pytest.mark.parametrize(
    ("content", "error"), [(b"GIF89a not here", NotAPictureError), (_jpeg()[:900], PictureDamagedError)]
)
def test_what_is_no_picture_is_refused(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        clean_photo(content)


def test_a_photograph_sent_twice_under_one_key_is_kept_once(bench: Bench, files: FileStore) -> None:
    sample, other = bench.sample(), bench.sample()
    clean = clean_photo(_jpeg())
    first = service.add_photo(bench.session, files, actor=bench.worker, sample=sample, clean=clean)
    for _ in range(2):
        service.add_photo(bench.session, files, actor=bench.worker, sample=sample, clean=clean, photo_id=first.id)
    assert [photo.id for photo in service.photos_of(bench.session, sample_id=sample.id)] == [first.id]
    with pytest.raises(PhotoIdReusedError):
        service.add_photo(bench.session, files, actor=bench.worker, sample=other, clean=clean, photo_id=first.id)


def test_a_sample_has_only_so_many_photographs(bench: Bench, files: FileStore) -> None:
    sample = bench.sample()
    for _ in range(service.MOST):
        service.add_photo(bench.session, files, actor=bench.worker, sample=sample, clean=b"x")
    with pytest.raises(TooManyPhotosError):
        service.add_photo(bench.session, files, actor=bench.worker, sample=sample, clean=b"x")


def test_an_erased_photograph_is_gone_and_the_same_bytes_elsewhere_stay(bench: Bench, files: FileStore) -> None:
    sample, other = bench.sample(), bench.sample()
    mine, theirs = (
        service.add_photo(bench.session, files, actor=bench.worker, sample=one, clean=b"same")
        for one in (sample, other)
    )
    key = theirs.file_key or ""
    service.erase_photo(bench.session, files, actor=bench.worker, sample=sample, photo_id=mine.id)
    assert files.get(key) == b"same"
    with pytest.raises(PhotoNotFoundError):
        service.get_photo(bench.session, sample=sample, photo_id=mine.id)
    service.erase_photo(bench.session, files, actor=bench.worker, sample=other, photo_id=theirs.id)
    with pytest.raises(FileMissingError):
        files.get(key)


def _reported(bench: Bench, files: FileStore, *, keep: bool) -> UUID:
    sample = bench.at_laboratory(sold_as="ketamine", consent_keep_photo=keep)
    photo = service.add_photo(bench.session, files, actor=bench.worker, sample=sample, clean=sample.code.encode())
    _report(bench, sample)
    return photo.id


def _report(bench: Bench, sample: Sample) -> Result:
    bench.analysis(sample, Technique.TLC, "ketamine")
    result = bench.submitted(sample)
    results.verify(bench.session, actor=bench.verifier, result_id=result.id)
    return results.report(bench.session, actor=bench.chemist, result_id=result.id, texts=TEXTS)


def test_without_consent_a_photograph_ends_some_days_after_the_answer(
    bench: Bench, files: FileStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends, stays = _reported(bench, files, keep=False), _reported(bench, files, keep=True)
    waiting = bench.sample(consent_keep_photo=False)
    unanswered = service.add_photo(session, files, actor=bench.worker, sample=waiting, clean=b"waits").id
    retention = PhotoRetention(after_report=14 * DAY, at_most=90 * DAY)
    present = clock.now()
    for days, due in ((13, set()), (15, {ends}), (89, {ends}), (91, {ends, unanswered})):
        monkeypatch.setattr(service, "now", lambda days=days: present + days * DAY)
        assert set(service.due_for_erasure(session, retention=retention)) == due, days
    assert erase_due(session, files, retention=retention) == 2
    assert service.due_for_erasure(session, retention=retention) == []
    assert stays not in {ends, unanswered}


def test_while_an_amendment_is_open_the_photograph_waits_for_it(
    bench: Bench, files: FileStore, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = bench.at_laboratory(sold_as="ketamine")
    service.add_photo(session, files, actor=bench.worker, sample=sample, clean=b"tablet")
    result = _report(bench, sample)
    results.amend(session, actor=bench.chemist, result_id=result.id, reason="looked again")
    later = clock.now() + 30 * DAY
    monkeypatch.setattr(service, "now", lambda: later)
    assert service.due_for_erasure(session, retention=PhotoRetention(after_report=14 * DAY)) == []
