"""An alert's version as a Common Alerting Protocol message (OASIS CAP 1.2): one info block per language.

Areas are words, never polygons: a polygon would be more precise than what a testing point may say.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

from sqlmodel import Session

from alerts.services import AlertServices
from alerts.vocabulary import LANGUAGES, Tier
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertVersion, VersionKind
from alerts.warnings.schemas import AlertText
from alerts.warnings.store import versions_of
from lab.kit.messages import Message

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
EXERCISE_NOTE = "Exercise of the drug checking network: nothing in this message is real."
_RESTRICTION = {
    Tier.T1: "For the drug checking network only.",
    Tier.T2: "For the drug checking network and for health and social care professionals.",
}
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class CapTexts:
    """What an info block says beside the alert's own words, in its language."""

    event: str
    area: str


def cap_message(session: Session, *, alert: Alert, version: AlertVersion, services: AlertServices) -> bytes:
    """The CAP message of an issued version, as UTF-8 XML. Raises ``ValueError`` for one that was never issued."""
    if version.issued_at is None:
        message = "only what was issued becomes a CAP message"
        raise ValueError(message)
    earlier = [
        one for one in versions_of(session, alert_id=alert.id)
        if one.number < version.number and one.issued_at is not None
    ]  # fmt: skip
    said = {language: _texts(alert, services, language) for language in LANGUAGES}
    return build(alert, version, earlier=earlier, said=said, sender=services.sender, base_url=services.base_url)


def _texts(alert: Alert, services: AlertServices, language: str) -> CapTexts:
    unknown = services.renderer.text(Message("alert.area_unknown"), language=language)
    event = services.renderer.text(Message(f"tier.{alert.tier.value}"), language=language)
    return CapTexts(event=event, area=", ".join(alert.areas) or unknown)


def build(
    alert: Alert,
    version: AlertVersion,
    *,
    earlier: Sequence[AlertVersion],
    said: dict[str, CapTexts],
    sender: str,
    base_url: str,
) -> bytes:
    """As :func:`cap_message`, from values alone."""
    root = ET.Element(_tag("alert"))
    sent = version.issued_at or version.created_at
    _add(root, "identifier", identifier(alert.id, version.number))
    _add(root, "sender", sender)
    _add(root, "sent", moment(sent))
    _add(root, "status", "Exercise" if alert.exercise else "Actual")
    _add(root, "msgType", _message_type(version.kind))
    _add(root, "scope", "Public" if alert.tier is Tier.T3 else "Restricted")
    if alert.tier in _RESTRICTION:
        _add(root, "restriction", _RESTRICTION[alert.tier])
    if alert.exercise:
        _add(root, "note", EXERCISE_NOTE)
    if earlier:
        _add(root, "references", " ".join(_reference(alert, one, sender) for one in earlier))
    for language in LANGUAGES:
        text = AlertText.model_validate(version.texts[language])
        _info(root, alert, version, language, text, said[language], f"{base_url}/alerts/{alert.id}")
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE)
    return document


def identifier(alert_id: UUID, number: int) -> str:
    """The identifier of a version's message, unique for this sender."""
    return f"{alert_id}.{number}"


def moment(at: datetime) -> str:
    """CAP's time: seconds, no fraction, and UTC as ``-00:00``, never ``Z`` (CAP 1.2, 3.2.1, sent)."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def _message_type(kind: VersionKind) -> str:
    return {VersionKind.ALERT: "Alert", VersionKind.UPDATE: "Update"}.get(kind, "Cancel")


def _reference(alert: Alert, one: AlertVersion, sender: str) -> str:
    return f"{sender},{identifier(alert.id, one.number)},{moment(one.issued_at or one.created_at)}"


def _info(
    root: ET.Element,
    alert: Alert,
    version: AlertVersion,
    language: str,
    text: AlertText,
    said: CapTexts,
    web: str,
) -> None:
    info = ET.SubElement(root, _tag("info"))
    _add(info, "language", language)
    _add(info, "category", "Health")
    _add(info, "event", said.event)
    for name, value in _judgements(alert, version).items():
        _add(info, name, value)
    _add(info, "effective", moment(version.issued_at or version.created_at))
    _add(info, "expires", moment(version.expires_at))
    _add(info, "headline", text.headline)
    _add(info, "description", "\n\n".join((text.what, text.evidence, text.risk, text.variation)))
    _add(info, "instruction", "\n".join(f"{number}. {line}" for number, line in enumerate(text.advice, 1)))
    _add(info, "web", web)
    _parameter(info, "tier", alert.tier.value)
    _parameter(info, "version", str(version.number))
    area = ET.SubElement(info, _tag("area"))
    _add(area, "areaDesc", said.area)


def _judgements(alert: Alert, version: AlertVersion) -> dict[str, str]:
    """Response, urgency, severity, certainty. A withdrawal never says AllClear: it clears no product."""
    if version.kind in WITHDRAWALS:
        return {"responseType": "None", "urgency": "Past", "severity": "Unknown", "certainty": "Unknown"}
    professional = alert.tier in {Tier.T2, Tier.T3}
    return {
        "responseType": "Avoid" if professional else "Monitor",
        "urgency": "Immediate" if professional else "Expected",
        "severity": "Severe" if professional else "Unknown",
        "certainty": "Observed" if version.message_params.get("confirmed") else "Possible",
    }


def _parameter(info: ET.Element, name: str, value: str) -> None:
    parameter = ET.SubElement(info, _tag("parameter"))
    _add(parameter, "valueName", name)
    _add(parameter, "value", value)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _add(parent: ET.Element, name: str, text: Any) -> None:
    ET.SubElement(parent, _tag(name)).text = _NOT_XML.sub("", str(text))
