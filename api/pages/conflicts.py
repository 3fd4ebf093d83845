"""What phones and the server tell differently: both versions side by side, and a person's decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import names_of, site_names
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from lab.custody.models import Action, EntryMode, ItemState, ParcelState, SealState
from lab.network.access import Permission
from lab.network.models import Site
from lab.samples.models import Sample, SampleForm
from lab.samples.words import Colour, TabletShape, Texture
from lab.sync import conflicts, decisions
from lab.sync.errors import NoSuchDecisionError
from lab.sync.models import Decision, SyncConflict
from templates.i18n import Translator

router = GuardedRouter(prefix="/custody/conflicts", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)
_WORDS: Mapping[str, Any] = {
    "action": Action, "seal_state": SealState, "state": ItemState, "parcel_state": ParcelState, "form": SampleForm,
    "texture": Texture, "tablet_shape": TabletShape, "colours": Colour, "entry": EntryMode,
}  # fmt: skip
_PARAMS = ("action", "state", "seal_number", "code", "item", "name", "event", "asked_mg", "held_mg", "what")
_ORDER = ("action", "occurred_at", "seal_number", "seal_state", "code", "sold_as_raw", "form", "colours", "texture",
          "mass_mg", "tablet_shape", "tablet_logo", "collected_on", "from_site_id", "to_site_id", "site",
          "legal_basis", "count", "receiver", "state", "parcel_state", "place", "amount_mg", "condition", "method",
          "note", "purpose", "entry")  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the two versions."""

    name: str
    device: str
    server: str

    @property
    def differs(self) -> bool:
        return bool(self.device and self.server) and self.device != self.server


@dataclass(frozen=True)
class ItemRow:
    """A sample concerned, and why."""

    code: str
    reason: str


def _value(name: str, value: Any, t: Translator, names: Mapping[str, str], zone: ZoneInfo) -> str:
    """A stored value in words; what is not known any more is shown as it was sent."""
    if isinstance(value, list):
        return ", ".join(_value(name, one, t, names, zone) for one in value)
    kind = _WORDS.get(name)
    if kind is not None and value in set(kind):
        return t.label(kind(value))
    if name == "occurred_at" and value:
        return t.moment(datetime.fromisoformat(value), zone)
    if isinstance(value, int | float):
        return t.number(value)
    return "" if value is None else names.get(str(value), str(value))


def _rows(session: Session, conflict: SyncConflict, t: Translator) -> list[Row]:
    people = names_of(session, [as_uuid(str(conflict.device_says.get("receiver", "")))])
    names = {str(key): name for key, name in (site_names(session) | people).items()}
    zone = ZoneInfo(session.get_one(Site, conflict.site_id).timezone)
    names["courier"] = t.text("handover.courier")
    said = conflict.device_says.keys() | conflict.server_says.keys()
    return [
        Row(
            t.text(f"sync.field.{name}"),
            _value(name, conflict.device_says.get(name), t, names, zone),
            _value(name, conflict.server_says.get(name), t, names, zone),
        )
        for name in _ORDER
        if name in said
    ]


def _reason(message_id: str, t: Translator, params: Mapping[str, Any] | None = None) -> str:
    """The words of a message whose parameters may not all be known any more."""
    known = dict.fromkeys(
        ("action", "state", "seal_number", "code", "item", "name", "event", "asked_mg", "held_mg"), "…"
    )
    return t.text(message_id, **(known | dict(params or {})))


@router.get("", access=HANDLE)
def list_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What waits for a decision, the oldest first."""
    t = translator_of(request)
    found = conflicts.open_conflicts(session, actor=identity.actor)
    return show(
        request, "pages/conflicts.html", session=session, conflicts=found, sites=site_names(session),
        reasons={one.id: _conflict_reason(one, t) for one in found},
    )  # fmt: skip


def _conflict_reason(conflict: SyncConflict, t: Translator) -> str:
    params: dict[str, Any] = {**conflict.server_says, **conflict.device_says}
    for entry in conflict.items:
        if entry["reason"] == conflict.reason:
            params |= entry.get("params", {})
    return _reason(conflict.reason, t, params)


def _page(
    request: Request, session: Session, identity: IdentityDep, conflict_id: UUID, form: Form, status: int = 200
) -> Response:
    t = translator_of(request)
    conflict = conflicts.get_conflict(session, actor=identity.actor, conflict_id=conflict_id)
    sample = session.get(Sample, conflict.sample_id) if conflict.sample_id else None
    return show(
        request, "pages/conflict.html", session=session, status=status, form=form, conflict=conflict,
        code=sample.code if sample else None, reason=_conflict_reason(conflict, t), rows=_rows(session, conflict, t),
        items=[
            ItemRow(entry["code"], _reason(entry["reason"], t, entry.get("params"))) for entry in conflict.items
        ],
        names=names_of(session, [conflict.account_id, conflict.decided_by]),
        choices=[(choice.decision.value, t.text(choice.text_id)) for choice in decisions.choices(conflict)],
    )  # fmt: skip


@router.get("/{conflict_id}", access=HANDLE)
def conflict_page(conflict_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One conflict with both versions."""
    return _page(request, session, identity, conflict_id, Form())


@router.post("/{conflict_id}", access=HANDLE)
def decide(conflict_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Decide it, once."""
    done = attempt(session, translator_of(request), lambda: _decide(session, identity, conflict_id, form))
    if isinstance(done, Refusal):
        return _page(request, session, identity, conflict_id, form.refused(done.errors), 422)
    return go(f"/custody/conflicts/{conflict_id}", done="decided")


def _decide(session: Session, identity: IdentityDep, conflict_id: UUID, form: Form) -> SyncConflict:
    if form.get("decision") not in set(Decision):
        raise NoSuchDecisionError
    return decisions.decide(
        session, actor=identity.actor, conflict_id=conflict_id, decision=Decision(form.get("decision")),
        reason=form.get("reason"),
    )  # fmt: skip
