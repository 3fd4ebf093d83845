"""Custody as EPCIS 2.0 events in JSON-LD, for systems that follow goods [GS1 EPCIS 2.0, CBV 2.0]. Pure.

Items, parcels, sites and people are the opaque keys of the log, as ``urn:uuid``. What EPCIS has no word for stands
in members of our own (``drugcheck:``): masses in whole micrograms, seals, and the place in the log, so that each
event can be held against a verified file. An event that was corrected carries an ``errorDeclaration``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lab.custody.body import Event, moment
from lab.custody.models import Action

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
VOCABULARY = "urn:drugcheck:custody:"
MEDIA_TYPE = "application/ld+json"


@dataclass(frozen=True)
class _Word:
    """How CBV 2.0 calls an action: business step, and the disposition of the item afterwards."""

    step: str
    disposition: str | None = None
    action: str = "OBSERVE"


_WORDS: Mapping[Action, _Word] = {
    Action.COLLECTED: _Word("commissioning", "active", "ADD"),
    Action.SEALED: _Word("other", "container_closed"),
    Action.PACKED: _Word("packing", "container_closed", "ADD"),
    Action.HANDED_OVER: _Word("shipping", "in_transit"),
    Action.DISPATCHED: _Word("shipping", "in_transit"),
    Action.RECEIVED: _Word("receiving", "in_progress"),
    Action.OPENED: _Word("other", "container_open"),
    Action.ALIQUOTED: _Word("sampling", "in_progress"),
    Action.CONSUMED: _Word("other", "in_progress"),
    Action.STORED: _Word("storing"),
    Action.RETURNED: _Word("other", "returned"),
    Action.DESTROYED: _Word("destroying", "destroyed", "DELETE"),
    Action.LOST: _Word("other", "unknown"),
    Action.FOUND: _Word("other", "in_progress"),
    Action.CORRECTED: _Word("other"),
    Action.HELD: _Word("holding", "unavailable"),
    Action.RELEASED: _Word("other", "in_progress"),
    Action.REFUSED: _Word("other", "in_transit"),
}
_BEGINS = _Word("commissioning", "active", "ADD")  # an aliquot's own first event


def epcis_document(events: Sequence[Event], *, created_at: datetime) -> dict[str, Any]:
    """The EPCIS document of ``events``, in the order of the log."""
    corrections = {event.corrects: event for event in events if event.corrects is not None}
    return {
        "@context": [CONTEXT, {"drugcheck": VOCABULARY}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": moment(created_at),
        "epcisBody": {
            "eventList": [
                _event(event, corrections.get(event.id)) for event in sorted(events, key=lambda event: event.seq)
            ]
        },
    }


def _event(event: Event, correction: Event | None) -> dict[str, Any]:
    begins = event.action is Action.ALIQUOTED and event.parent is not None
    word = _BEGINS if begins else _WORDS[event.action]
    written: dict[str, Any] = {
        "type": "AggregationEvent" if event.action is Action.PACKED else "ObjectEvent",
        "eventID": _urn(event.id),
        "eventTime": moment(event.occurred_at),
        "eventTimeZoneOffset": "+00:00",
        "recordTime": moment(event.recorded_at),
        "action": word.action,
        "bizStep": word.step,
    }
    if event.action is Action.PACKED and event.parcel is not None:
        written |= {"parentID": _urn(event.parcel), "childEPCs": [_urn(event.item)]}
    else:
        written["epcList"] = [_urn(event.item)]
    if word.disposition is not None:
        written["disposition"] = word.disposition
    written |= _places(event)
    if correction is not None:
        written["errorDeclaration"] = _error(correction)
    return written | _own(event)


def _places(event: Event) -> dict[str, Any]:
    """Where it happened; and for what travels, from where to where."""
    places: dict[str, Any] = {}
    here = event.to_site if event.action in {Action.COLLECTED, Action.RECEIVED, Action.FOUND} else event.from_site
    here = here or event.to_site
    if here is not None:
        places["readPoint"] = {"id": _urn(here)}
    if event.from_site is not None and event.to_site is not None:
        places["sourceList"] = [{"type": "location", "source": _urn(event.from_site)}]
        places["destinationList"] = [{"type": "location", "destination": _urn(event.to_site)}]
    if event.parcel is not None and event.action is not Action.PACKED:
        places["bizTransactionList"] = [{"bizTransaction": _urn(event.parcel)}]
    return places


def _error(correction: Event) -> dict[str, Any]:
    changed = correction.entered_ug is not None or correction.amount_ug is not None
    return {
        "declarationTime": moment(correction.recorded_at),
        "reason": "incorrect_data" if changed else "did_not_occur",
        "correctiveEventIDs": [_urn(correction.id)],
    }


def _own(event: Event) -> dict[str, Any]:
    keys = {
        "sample": event.sample, "actor": event.actor, "witness": event.witness, "parent": event.parent,
        "child": event.child, "after": event.after, "corrects": event.corrects, "analysis": event.analysis,
    }  # fmt: skip
    values = {
        "seq": event.seq, "custodyAction": event.action.value, "sealNumber": event.seal_number,
        "sealState": event.seal_state.value if event.seal_state else None, "storagePlace": event.place,
        "entered_ug": event.entered_ug, "weighed_ug": event.weighed_ug, "amount_ug": event.amount_ug,
        "before_ug": event.before_ug, "after_ug": event.after_ug,
    }  # fmt: skip
    own: dict[str, Any] = {name: _urn(value) for name, value in keys.items() if value is not None}
    own |= {name: value for name, value in values.items() if value is not None}
    return {f"drugcheck:{name}": value for name, value in own.items()}


def _urn(key: UUID) -> str:
    return f"urn:uuid:{key}"
