"""An alert behind the link that was sent with it: to read it, print it, and say that it was read. No account."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.channels.kinds import Carries, carries
from alerts.deliveries import acknowledging
from alerts.deliveries.models import Delivery
from alerts.subscriptions.models import EndpointState, Subscription, SubscriptionEndpoint
from alerts.warnings.models import Alert, AlertVersion
from api.deps import FilesDep, SessionDep, SettingsDep
from api.pages.alert_views import live, photo_of, poster_of, sheet_of, view_of
from api.pages.layout import show
from api.routing import GuardedRouter, public
from api.services import token_key
from api.settings import Settings

router = GuardedRouter(prefix="/alerts/read", html=True)
BY_LINK = public("the link was sent with the alert, and is the key to it")
BY_LINK_POST = public("as above", limit="20/minute")


def _behind(session: Session, settings: Settings, token: str) -> tuple[Delivery, Alert, AlertVersion]:
    """What was sent with this link, and how that alert stands now."""
    row = acknowledging.delivery_behind(session, tokens=token_key(settings), token=token)
    sent = session.get_one(AlertVersion, row.version_id)
    alert, version = live(session, sent.alert_id)
    return row, alert, version


@router.get("/{token}", access=BY_LINK)
def read_page(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """The alert as it stands. To have opened it is not to have read it: mail programs open links by themselves."""
    return _page(token, request, session, settings)


def _page(token: str, request: Request, session: Session, settings: Settings) -> Response:
    row, alert, version = _behind(session, settings, token)
    view = view_of(request, session, alert, version, papers=f"/alerts/read/{token}")
    return show(
        request, "pages/alert_sent.html", **view, may_work=False, newer=version.id != row.version_id,
        read_at=acknowledging.acknowledged_at(session, delivery_id=row.id),
        **_recipient(session, settings, row.endpoint_id),
    )  # fmt: skip


def _recipient(session: Session, settings: Settings, endpoint_id: UUID | None) -> dict[str, Any]:
    """Whether this reader is asked, and how they change or stop what they receive: not where many read along."""
    endpoint = session.get_one(SubscriptionEndpoint, endpoint_id)
    subscription = session.get_one(Subscription, endpoint.subscription_id)
    alone = endpoint.state is EndpointState.ACTIVE and carries(endpoint.channel) is not Carries.TO_MANY
    tokens = token_key(settings)
    return {
        "is_asked": acknowledging.is_asked(subscription.audience),
        "manage_url": f"/subscriptions/manage/{tokens.manage(subscription.id)}" if alone else None,
        "leave_url": f"/subscriptions/unsubscribe/{tokens.unsubscribe(endpoint.id)}",
    }


@router.post("/{token}", access=BY_LINK_POST)
def read(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Somebody read it."""
    acknowledging.acknowledge(session, tokens=token_key(settings), token=token)
    return _page(token, request, session, settings)


@router.get("/{token}/photo.jpg", access=BY_LINK)
def photo(token: str, session: SessionDep, settings: SettingsDep, files: FilesDep) -> Response:
    """What one of the samples looked like."""
    _, _, version = _behind(session, settings, token)
    return photo_of(session, files, version)


@router.get("/{token}/poster.pdf", access=BY_LINK)
def poster(token: str, request: Request, session: SessionDep, settings: SettingsDep, files: FilesDep) -> Response:
    """The alert as an A4 poster."""
    _, alert, version = _behind(session, settings, token)
    return poster_of(request, session, files, settings, alert, version)


@router.get("/{token}/sheet.pdf", access=BY_LINK)
def sheet(token: str, request: Request, session: SessionDep, settings: SettingsDep, files: FilesDep) -> Response:
    """The alert as a two-sided sheet."""
    _, alert, version = _behind(session, settings, token)
    return sheet_of(request, session, files, settings, alert, version)
