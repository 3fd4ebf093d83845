"""What holds now, for readers that come and look: Atom (RFC 4287) and JSON Feed 1.1."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import sqlalchemy as sa
from sqlmodel import Session, col

from alerts.services import AlertServices
from alerts.vocabulary import AUDIENCE_TIERS, Audience
from alerts.warnings.models import Alert, AlertState, AlertVersion
from alerts.warnings.schemas import AlertText
from lab.kit.clock import now
from lab.kit.messages import Message

ATOM = "http://www.w3.org/2005/Atom"
JSON_FEED = "https://jsonfeed.org/version/1.1"
_XML = "{http://www.w3.org/XML/1998/namespace}"
LIMIT = 100


@dataclass(frozen=True)
class FeedItem:
    """One alert as it stands, in one language."""

    alert: Alert
    version: AlertVersion
    text: AlertText
    url: str
    published: datetime  # its first version
    updated: datetime

    @property
    def urn(self) -> str:
        """The same through all versions, so that a reader sees one entry change (RFC 4287, 4.2.6)."""
        return f"urn:uuid:{self.alert.id}"


def feed_items(session: Session, *, audience: Audience, language: str, services: AlertServices) -> list[FeedItem]:
    """What this audience may read and what has not expired, withdrawals included, newest first."""
    first = (
        sa.select(sa.func.min(col(AlertVersion.issued_at)))
        .where(col(AlertVersion.alert_id) == col(Alert.id))
        .correlate(Alert)
        .scalar_subquery()
    )
    rows = session.execute(
        sa.select(Alert, AlertVersion, first)
        .join(AlertVersion, col(AlertVersion.alert_id) == col(Alert.id))
        .where(
            col(AlertVersion.state) == AlertState.ISSUED,
            col(AlertVersion.expires_at) > now(),
            col(Alert.tier).in_(AUDIENCE_TIERS[audience]),
        )
        .order_by(col(AlertVersion.issued_at).desc())
        .limit(LIMIT)
    )
    return [
        FeedItem(
            alert=alert,
            version=version,
            text=AlertText.model_validate(version.texts[language]),
            url=f"{services.base_url}/alerts/{alert.id}",
            published=_aware(published),
            updated=_aware(version.issued_at),
        )
        for alert, version, published in rows
    ]


def _aware(moment: datetime | None) -> datetime:
    """An aggregate of a time column has lost its type, and with it its zone, on SQLite."""
    if moment is None:
        return now()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def atom_feed(items: Sequence[FeedItem], *, language: str, feed_url: str, services: AlertServices) -> bytes:
    """An Atom feed as UTF-8 XML; each entry links its CAP message."""
    root = ET.Element("feed", {"xmlns": ATOM, f"{_XML}lang": language})
    _add(root, "id", feed_url)
    _add(root, "title", _title(services, language))
    _add(root, "updated", _moment(max((item.updated for item in items), default=now())))
    _link(root, rel="self", href=feed_url, type="application/atom+xml")
    author = ET.SubElement(root, "author")
    _add(author, "name", services.sender)
    for item in items:
        _entry(root, item)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _entry(root: ET.Element, item: FeedItem) -> None:
    entry = ET.SubElement(root, "entry")
    _add(entry, "id", item.urn)
    _add(entry, "title", item.text.subject)
    _add(entry, "updated", _moment(item.updated))
    _add(entry, "published", _moment(item.published))
    _link(entry, rel="alternate", href=item.url, type="text/html")
    _link(entry, rel="alternate", href=f"{item.url}/cap.xml", type="application/cap+xml")
    ET.SubElement(entry, "category", term=item.alert.tier.value)
    _add(entry, "summary", item.text.what)
    _add(entry, "content", item.text.body)


def json_feed(items: Sequence[FeedItem], *, language: str, feed_url: str, services: AlertServices) -> dict[str, Any]:
    """A JSON Feed document."""
    return {
        "version": JSON_FEED,
        "title": _title(services, language),
        "home_page_url": services.base_url,
        "feed_url": feed_url,
        "language": language,
        "items": [_json_item(item, language) for item in items],
    }


def _json_item(item: FeedItem, language: str) -> dict[str, Any]:
    return {
        "id": item.urn,
        "url": item.url,
        "title": item.text.subject,
        "content_text": item.text.body,
        "summary": item.text.what,
        "date_published": _moment(item.published),
        "date_modified": _moment(item.updated),
        "language": language,
        "tags": [item.alert.tier.value, *(["exercise"] if item.alert.exercise else [])],
        "_drugcheck": {
            "version": item.version.number,
            "kind": item.version.kind.value,
            "expires": _moment(item.version.expires_at),
            "status": "Exercise" if item.alert.exercise else "Actual",
        },
    }


def _title(services: AlertServices, language: str) -> str:
    title = services.renderer.text(Message("alert.feed.title"), language=language)
    mark = services.renderer.text(Message("alert.mark.exercise"), language=language)
    return f"{mark} {title}" if services.exercise else title


def _moment(at: datetime) -> str:
    """RFC 3339, as both formats ask."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _link(parent: ET.Element, **attributes: str) -> None:
    ET.SubElement(parent, "link", attributes)
