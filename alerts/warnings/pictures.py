"""A photograph on an alert: a part of one of its samples' own, as long as the person lets it be kept and published.

An alert says in fixed words beside it that others may look different. When the photograph's time is over, or the person
takes back what they agreed to, the alert stands without it: the page, the poster and the sheet look it up each time.
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.errors import PhotoNotAllowedError
from alerts.warnings.editing import require_edition
from alerts.warnings.models import AlertAction, AlertBasis, AlertVersion
from alerts.warnings.store import decide, lock_version, move, situation
from lab.kit.files import FileStore
from lab.network.access import Actor
from lab.photos.models import SamplePhoto
from lab.photos.service import add_crop
from lab.samples.models import Sample

_MAY_BE_SHOWN = (
    col(SamplePhoto.file_key).is_not(None),
    col(SamplePhoto.of_seal).is_(False),
    # To be kept is not to be published, and what was found may be published without what it looked like.
    col(Sample.consent_keep_photo).is_(True),
    col(Sample.consent_open_data).is_(True),
)


def _of_standing_basis(alert_id: UUID) -> sa.ColumnElement[bool]:
    """Of a sample that the alert still rests on."""
    return col(SamplePhoto.sample_id).in_(
        sa.select(col(AlertBasis.sample_id)).where(
            col(AlertBasis.alert_id) == alert_id, col(AlertBasis.withdrawn_at).is_(None)
        )
    )


def candidates(session: Session, *, alert_id: UUID) -> Sequence[tuple[SamplePhoto, str]]:
    """Photographs that may stand on an alert, each with its sample's code: the newest first."""
    rows = session.execute(
        sa.select(SamplePhoto, col(Sample.code))
        .join(Sample, col(Sample.id) == col(SamplePhoto.sample_id))
        .where(
            *_MAY_BE_SHOWN,
            col(SamplePhoto.cropped_from).is_(None),
            _of_standing_basis(alert_id),
        )
        .order_by(col(SamplePhoto.added_at).desc(), col(SamplePhoto.id))
    )
    return [(photo, code) for photo, code in rows]


def candidate(session: Session, *, alert_id: UUID, photo_id: UUID) -> SamplePhoto:
    """One of :func:`candidates`; raises :class:`PhotoNotAllowedError`."""
    for photo, _ in candidates(session, alert_id=alert_id):
        if photo.id == photo_id:
            return photo
    raise PhotoNotAllowedError


def shown_photo(session: Session, *, version: AlertVersion) -> SamplePhoto | None:
    """The photograph of a version, while it may be shown; None when there is none, or none any more."""
    if version.photo_id is None:
        return None
    query = (
        select(SamplePhoto)
        .join(Sample, col(Sample.id) == col(SamplePhoto.sample_id))
        .where(*_MAY_BE_SHOWN, SamplePhoto.id == version.photo_id, _of_standing_basis(version.alert_id))
    )
    return session.exec(query).one_or_none()


def set_photo(
    session: Session, files: FileStore, *, actor: Actor, version_id: UUID, edition: int, photo_id: UUID | None,
    part: bytes | None = None,
) -> AlertVersion:  # fmt: skip
    """Put ``part`` of a photograph on a version, or none. Whoever does approves it no more than whoever wrote its text.

    Approvals of the older edition no longer count.

    ``part``: from :func:`lab.photos.crop.crop`. Raises :class:`PhotoNotAllowedError`, :class:`EditionError` or
    :class:`TransitionError`.
    """
    alert, version = lock_version(session, version_id)
    it = situation(session, alert, version, account_id=actor.account_id)
    row = decide(AlertAction.EDIT, it, actor=actor)
    require_edition(version, edition)
    chosen = None
    if photo_id is not None and part is not None:
        whole = candidate(session, alert_id=alert.id, photo_id=photo_id)
        chosen = add_crop(session, files, account_id=actor.account_id, whole=whole, part=part).id
    move(session, version, row, it)
    version.photo_id = chosen
    version.edition += 1
    session.add(version)
    session.flush()
    return version
