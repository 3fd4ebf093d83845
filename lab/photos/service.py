"""Photographs of samples: taking them in, showing them, erasing them when their time is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from lab.custody.models import CustodyEvent, Item, ItemState
from lab.kit.clock import now
from lab.kit.files import FileStore
from lab.kit.files_sweep import is_named
from lab.kit.ids import new_id
from lab.network.access import Actor, Permission
from lab.photos.errors import PhotoIdReusedError, PhotoNotFoundError, TooManyPhotosError
from lab.photos.models import SamplePhoto
from lab.plates.errors import PictureDamagedError
from lab.plates.intake import check_picture
from lab.plates.sandbox import ReaderError, as_photograph
from lab.results.models import Result, ResultState
from lab.samples.models import Sample

MEDIA_TYPE = "image/jpeg"
MOST = 6
MAX_MEGABYTES = 25  # telephones make 2 to 12


@dataclass(frozen=True)
class PhotoRetention:
    """How long a photograph is kept whose keeping nobody agreed to."""

    after_report: timedelta = timedelta(days=14)
    at_most: timedelta = timedelta(days=90)  # for samples that never get an answer
    seal_after_end: timedelta = timedelta(days=365)  # of a seal, once nothing of the sample is left


def clean_photo(content: bytes) -> bytes:
    """``content`` re-encoded, without anything but its pixels.

    Takes a second, so call it before the database is held. Raises the picture's errors of :mod:`lab.plates.errors`.
    """
    check_picture(content, max_megabytes=MAX_MEGABYTES)
    try:
        return as_photograph(content)
    except ReaderError as error:
        raise PictureDamagedError from error


def add_photo(
    session: Session, files: FileStore, *, actor: Actor, sample: Sample, clean: bytes, photo_id: UUID | None = None
) -> SamplePhoto:
    """Keep ``clean`` (from :func:`clean_photo`) as a photograph of ``sample``; the same ``photo_id`` adds nothing.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`TooManyPhotosError`, :class:`PhotoIdReusedError`.
    """
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    known = session.get(SamplePhoto, photo_id) if photo_id else None
    if known is not None:
        return _same(known, sample)
    count = session.exec(
        select(sa.func.count())
        .select_from(SamplePhoto)
        .where(
            SamplePhoto.sample_id == sample.id, col(SamplePhoto.of_seal).is_(False),
            col(SamplePhoto.cropped_from).is_(None),
        )
    ).one()  # fmt: skip
    if count >= MOST:
        raise TooManyPhotosError(most=MOST)
    photo = SamplePhoto(
        id=photo_id or new_id(), sample_id=sample.id, file_key=files.put(clean), size_bytes=len(clean),
        taken_by=actor.account_id,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(photo)
    except IntegrityError:  # the device asked twice at once
        return _same(session.get_one(SamplePhoto, photo_id), sample)
    return photo


def add_seal_photo(session: Session, files: FileStore, *, actor: Actor, item: Item, clean: bytes) -> SamplePhoto:
    """Keep a photograph of a container's seal, by whoever handles it where it is. Raises as :func:`add_photo` does."""
    actor.require(Permission.CUSTODY_HANDLE, item.site_id)
    count = session.exec(select(sa.func.count()).select_from(SamplePhoto).where(SamplePhoto.item_id == item.id)).one()
    if count >= MOST:
        raise TooManyPhotosError(most=MOST)
    photo = SamplePhoto(
        sample_id=item.sample_id, file_key=files.put(clean), size_bytes=len(clean), taken_by=actor.account_id,
        of_seal=True, item_id=item.id,
    )  # fmt: skip
    session.add(photo)
    session.flush()
    return photo


def add_crop(session: Session, files: FileStore, *, account_id: UUID, whole: SamplePhoto, part: bytes) -> SamplePhoto:
    """Keep ``part`` (from :func:`lab.photos.crop.crop`) of a photograph; it is erased with the whole, or before it."""
    photo = SamplePhoto(
        sample_id=whole.sample_id, file_key=files.put(part), size_bytes=len(part), taken_by=account_id,
        cropped_from=whole.id,
    )  # fmt: skip
    session.add(photo)
    session.flush()
    return photo


def _same(known: SamplePhoto, sample: Sample) -> SamplePhoto:
    if known.sample_id != sample.id:
        raise PhotoIdReusedError
    return known


def photos_of(session: Session, *, sample_id: UUID) -> Sequence[SamplePhoto]:
    """The photographs of a sample that are still there, oldest first; not what was cut out of them."""
    return session.exec(
        select(SamplePhoto)
        .where(
            SamplePhoto.sample_id == sample_id,
            col(SamplePhoto.erased_at).is_(None),
            col(SamplePhoto.cropped_from).is_(None),
        )
        .order_by(col(SamplePhoto.added_at), col(SamplePhoto.id))
    ).all()


def get_photo(session: Session, *, sample: Sample, photo_id: UUID) -> SamplePhoto:
    """A photograph of a sample that the caller may see; raises :class:`PhotoNotFoundError`."""
    photo = session.get(SamplePhoto, photo_id)
    if photo is None or photo.sample_id != sample.id or photo.file_key is None:
        raise PhotoNotFoundError
    return photo


def erase_photo(session: Session, files: FileStore, *, actor: Actor, sample: Sample, photo_id: UUID) -> None:
    """Erase a photograph at once: the person wishes it. Raises :class:`PhotoNotFoundError` and ForbiddenError."""
    actor.require(Permission.SAMPLE_REGISTER, sample.site_id)
    _erase(session, files, get_photo(session, sample=sample, photo_id=photo_id))


def _erase(session: Session, files: FileStore, photo: SamplePhoto) -> None:
    for part in session.exec(select(SamplePhoto).where(SamplePhoto.cropped_from == photo.id)).all():
        _erase(session, files, part)
    key = photo.file_key
    photo.file_key, photo.erased_at = None, now()
    session.add(photo)
    session.flush()
    if key is not None and not is_named(session, key):  # the same bytes may lie on another sample
        files.delete(key)


def due_for_erasure(session: Session, *, retention: PhotoRetention) -> list[UUID]:
    """Photographs that nobody agreed to keep, whose answer was given long enough ago, or that never got one; and
    photographs of seals once their time is over.

    While a newer version of an answer is open the chemist may still need to look.
    """
    moment = now()
    reported = sa.exists().where(
        col(Result.sample_id) == col(Sample.id), col(Result.reported_at) <= moment - retention.after_report
    )
    pending = sa.exists().where(
        col(Result.sample_id) == col(Sample.id),
        sa.or_(
            col(Result.state).in_((ResultState.DRAFT, ResultState.SUBMITTED, ResultState.VERIFIED)),
            col(Result.reported_at) > moment - retention.after_report,
        ),
    )
    query = (
        select(SamplePhoto.id)
        .join(Sample, col(Sample.id) == col(SamplePhoto.sample_id))
        .where(
            col(SamplePhoto.erased_at).is_(None),
            col(SamplePhoto.of_seal).is_(False),
            col(Sample.consent_keep_photo).is_(False),
            sa.or_(
                sa.and_(reported, sa.not_(pending)),
                col(SamplePhoto.added_at) <= moment - retention.at_most,
            ),
        )
    )
    return [*session.exec(query), *_seals_due(session, moment - retention.seal_after_end)]


def _seals_due(session: Session, before: datetime) -> list[UUID]:
    """Photographs of seals of samples of which nothing was left on any day since ``before``.

    A seal shows no product and belongs to the proof of custody, so it is kept as long as there is something to prove:
    not while a container is anywhere, lost ones included, and not under an authority's hold.
    """
    left = sa.exists().where(
        col(Item.sample_id) == col(SamplePhoto.sample_id),
        sa.or_(col(Item.state).not_in((ItemState.RETURNED, ItemState.DESTROYED)), col(Item.on_hold)),
    )
    since = sa.exists().where(
        col(CustodyEvent.sample_id) == col(SamplePhoto.sample_id), col(CustodyEvent.recorded_at) > before
    )
    query = select(SamplePhoto.id).where(
        col(SamplePhoto.erased_at).is_(None), col(SamplePhoto.of_seal), sa.not_(left), sa.not_(since)
    )
    return list(session.exec(query))


def erase_due(session: Session, files: FileStore, *, retention: PhotoRetention) -> int:
    """Erase what :func:`due_for_erasure` finds; how many."""
    due = due_for_erasure(session, retention=retention)
    for photo_id in due:
        photo = session.get_one(SamplePhoto, photo_id)
        if photo.erased_at is None:  # not gone with the whole already
            _erase(session, files, photo)
    return len(due)
