"""What the pages and papers of an alert show, whoever opens them: the public, a subscriber by link, a worker."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.errors import AlertNotFoundError
from alerts.warnings import store
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertState, AlertVersion
from alerts.warnings.pictures import shown_photo
from alerts.warnings.schemas import AlertText
from api.language import language_of, translator_of
from api.settings import Settings
from lab.kit.clock import now
from lab.kit.files import FileStore
from lab.photos.service import MEDIA_TYPE
from templates.alert_sheet import Sheet, sheet_pdf
from templates.poster import Poster, poster_pdf


def live(session: Session, alert_id: UUID) -> tuple[Alert, AlertVersion]:
    """An alert and the version that the world has; raises :class:`AlertNotFoundError`."""
    alert = session.get(Alert, alert_id)
    version = store.live_version(session, alert_id=alert_id) if alert else None
    if alert is None or version is None:
        raise AlertNotFoundError
    return alert, version


def view_of(request: Request, session: Session, alert: Alert, version: AlertVersion, *, papers: str) -> dict[str, Any]:
    """What ``pages/alert_public.html`` shows; ``papers``: the address under which photograph, poster and sheet lie."""
    photo = shown_photo(session, version=version)
    return {
        "alert": alert,
        "version": version,
        "versions": [one for one in store.versions_of(session, alert_id=alert.id) if one.issued_at],
        "text": AlertText.model_validate(version.texts[language_of(request)]),
        "is_withdrawn": version.kind in WITHDRAWALS,
        "is_over": version.state is AlertState.EXPIRED or version.expires_at <= now(),
        "samples": version.message_params.get("samples"),
        "photo_url": f"{papers}/photo.jpg?version={version.number}" if photo else None,
        "papers": papers,
    }


def photo_of(session: Session, files: FileStore, version: AlertVersion) -> Response:
    """The photograph on a version, while it may be shown. No cache keeps it: it can be taken back."""
    photo = shown_photo(session, version=version)
    if photo is None:
        raise AlertNotFoundError
    return Response(files.get(photo.file_key or ""), media_type=MEDIA_TYPE)


def poster_of(
    request: Request, session: Session, files: FileStore, settings: Settings, alert: Alert, version: AlertVersion
) -> Response:
    """The A4 poster in the language of the reader."""
    return _pdf(
        request, alert, "poster",
        poster_pdf(Poster(**_paper(request, session, files, settings, alert, version)), translator_of(request)),
    )  # fmt: skip


def sheet_of(
    request: Request, session: Session, files: FileStore, settings: Settings, alert: Alert, version: AlertVersion
) -> Response:
    """The two-sided sheet for professionals in the language of the reader."""
    earlier = [
        one for one in store.versions_of(session, alert_id=alert.id) if one.issued_at and one.number <= version.number
    ]
    sheet = Sheet(
        **_paper(request, session, files, settings, alert, version), tier=alert.tier.value,
        samples=version.message_params.get("samples"), number=version.number,
        history=[(one.number, one.kind, (one.issued_at or now()).date(), one.reason) for one in earlier],
    )  # fmt: skip
    return _pdf(request, alert, "sheet", sheet_pdf(sheet, translator_of(request)))


def _paper(
    request: Request, session: Session, files: FileStore, settings: Settings, alert: Alert, version: AlertVersion
) -> dict[str, Any]:
    text = AlertText.model_validate(version.texts[language_of(request)])
    photo = shown_photo(session, version=version)
    return {
        "headline": text.headline, "what": text.what, "evidence": text.evidence, "risk": text.risk,
        "advice": text.advice, "variation": text.variation, "areas": alert.areas, "network": settings.network_name,
        "url": f"{settings.base_url.rstrip('/')}/alerts/{alert.id}",
        "issued_on": (version.issued_at or now()).date(), "take_down_on": version.expires_at.date(),
        "withdrawn": version.kind in WITHDRAWALS, "exercise": alert.exercise, "made_at": now().replace(microsecond=0),
        "photo": files.get(photo.file_key or "") if photo else None,
    }  # fmt: skip


def _pdf(request: Request, alert: Alert, kind: str, content: bytes) -> Response:
    name = f'inline; filename="alert-{alert.id}-{kind}-{language_of(request)}.pdf"'
    return Response(content, media_type="application/pdf", headers={"Content-Disposition": name})
