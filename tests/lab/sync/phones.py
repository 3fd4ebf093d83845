"""Phones for tests: what they do without network, as the operations that they send afterwards."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from lab.kit.clock import now
from lab.kit.ids import new_id
from lab.samples.codes import BODY_LENGTH, random_body, with_check
from lab.sync.schemas import Operation

_operation: TypeAdapter[Operation] = TypeAdapter(Operation)
STARTED = timedelta(hours=6)  # ago: the night before


def label() -> str:
    """The code of a fresh label."""
    return with_check(random_body(BODY_LENGTH))


@dataclass
class Phone:
    """A device of one site: counts its operations and its minutes, and keeps what it did in order."""

    site_id: UUID
    to_site_id: UUID
    device: UUID = field(default_factory=new_id)
    at: datetime = field(default_factory=lambda: (now() - STARTED).astimezone(UTC))
    sent: list[Operation] = field(default_factory=list)

    def do(self, **said: Any) -> Operation:
        """One more operation, a minute later."""
        self.at += timedelta(minutes=1)
        operation = _operation.validate_python(
            {"device": str(self.device), "device_sequence": len(self.sent) + 1} | _plain(said)
        )
        self.sent.append(operation)
        return operation

    def register(self, code: str | None = None, **sample: Any) -> UUID:
        """A registration; the key of the sample."""
        client_id = new_id()
        given = {"site_id": self.site_id, "client_id": client_id, "consent_analyse": True, "mass_mg": 80}
        self.do(kind="register", sample=given | sample | ({"code": code} if code else {}) | {"collected_at": self.at})
        return client_id

    def event(self, client_id: UUID, action: str, **details: Any) -> UUID:
        """An event of the item registered as ``client_id``; its key."""
        event_id = new_id()
        said = {"action": action, "id": event_id, "occurred_at": self.at + timedelta(minutes=1)}
        self.do(kind="event", client_id=client_id, event=said | details)
        return event_id

    def pack(self, client_ids: list[UUID], seal_number: str) -> UUID:
        """A parcel to the laboratory; its key."""
        parcel_id = new_id()
        self.do(
            kind="pack", id=parcel_id, seal_number=seal_number, from_site_id=self.site_id, to_site_id=self.to_site_id,
            legal_basis="circular 12/2026", items=[{"client_id": key} for key in client_ids], occurred_at=self._next,
        )  # fmt: skip
        return parcel_id

    def hand_over(self, parcel_id: UUID, to: UUID | str = "courier") -> UUID:
        """The parcel given to somebody; the key of the handover."""
        key = new_id()
        self.do(kind="hand_over", id=key, parcel_id=parcel_id, to_name_role=to, occurred_at=self._next)
        return key

    @property
    def _next(self) -> datetime:
        return self.at + timedelta(minutes=1)

    def night(self, count: int, seal_number: str) -> UUID:
        """``count`` samples registered, sealed, packed and handed over; the key of their parcel."""
        keys = [self.register(label()) for _ in range(count)]
        for place, key in enumerate(keys):
            self.event(key, "sealed", seal_number=f"{seal_number}-{place}")
        parcel_id = self.pack(keys, seal_number)
        self.hand_over(parcel_id)
        return parcel_id


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime) else str(value) if isinstance(value, UUID) else value
