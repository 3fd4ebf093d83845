"""Public alerts for readers that come and look: Atom, JSON Feed and CAP. The texts are those that were approved."""

from uuid import UUID

from starlette.responses import JSONResponse, Response

from alerts.cap import cap_message
from alerts.errors import AlertNotFoundError
from alerts.feeds import atom_feed, feed_items, json_feed
from alerts.vocabulary import Audience, Tier
from alerts.warnings import store
from alerts.warnings.models import Alert
from api.deps import AlertServicesDep, SessionDep
from api.routing import GuardedRouter, public
from templates.i18n import LANGUAGES, negotiate

router = GuardedRouter(html=True)
FOR_EVERYBODY = public("public alerts are for everybody")
_KEPT = {"Cache-Control": "public, max-age=60"}  # a withdrawal must not wait long behind somebody's cache


@router.get("/feeds/{language}/alerts.atom", access=FOR_EVERYBODY)
def atom(language: str, session: SessionDep, services: AlertServicesDep) -> Response:
    """What holds now, as Atom (RFC 4287)."""
    spoken = _spoken(language)
    items = feed_items(session, audience=Audience.PUBLIC, language=spoken, services=services)
    url = f"{services.base_url}/feeds/{spoken}/alerts.atom"
    feed = atom_feed(items, language=spoken, feed_url=url, services=services)
    return Response(feed, media_type="application/atom+xml", headers=_KEPT)


@router.get("/feeds/{language}/alerts.json", access=FOR_EVERYBODY)
def json(language: str, session: SessionDep, services: AlertServicesDep) -> Response:
    """What holds now, as JSON Feed 1.1."""
    spoken = _spoken(language)
    items = feed_items(session, audience=Audience.PUBLIC, language=spoken, services=services)
    url = f"{services.base_url}/feeds/{spoken}/alerts.json"
    feed = json_feed(items, language=spoken, feed_url=url, services=services)
    return JSONResponse(feed, media_type="application/feed+json", headers=_KEPT)


@router.get("/alerts/{alert_id}/cap.xml", access=FOR_EVERYBODY)
def cap(alert_id: UUID, session: SessionDep, services: AlertServicesDep) -> Response:
    """A public alert as it stands, as CAP 1.2, in every language."""
    alert = session.get(Alert, alert_id)
    version = store.live_version(session, alert_id=alert_id)
    if alert is None or version is None or alert.tier is not Tier.T3:
        raise AlertNotFoundError
    message = cap_message(session, alert=alert, version=version, services=services)
    return Response(message, media_type="application/cap+xml", headers=_KEPT)


def _spoken(language: str) -> str:
    return language if language in LANGUAGES else negotiate()
