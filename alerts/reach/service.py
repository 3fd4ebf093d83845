"""Adding and removing the roads to a worker. Everybody keeps their own; nobody sees another's."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.errors import DeviceNotFoundError, TooManyDevicesError
from alerts.reach.models import PushDevice, StaffPhone
from alerts.reach.schemas import PushDeviceIn, decode
from lab.contacts.addresses import parse_phone
from lab.kit.clock import now
from lab.network.access import Actor

MOST_DEVICES = 8


def devices_of(session: Session, *, account_id: UUID) -> Sequence[PushDevice]:
    """The browsers of an account, the newest first."""
    query = select(PushDevice).where(PushDevice.account_id == account_id)
    return session.exec(query.order_by(col(PushDevice.created_at).desc())).all()


def add_device(session: Session, *, actor: Actor, data: PushDeviceIn) -> PushDevice:
    """Take a browser in; known already, it is taken over with its newest keys by whoever is signed in there now.

    Raises :class:`TooManyDevicesError`.
    """
    device = session.exec(select(PushDevice).where(PushDevice.endpoint == data.endpoint)).one_or_none()
    if device is None:
        if len(devices_of(session, account_id=actor.account_id)) >= MOST_DEVICES:
            raise TooManyDevicesError(most=MOST_DEVICES)
        device = PushDevice(account_id=actor.account_id, endpoint=data.endpoint, p256dh=b"", auth=b"", label="")
    device.account_id = actor.account_id
    device.p256dh, device.auth, device.label = decode(data.p256dh), decode(data.auth), data.label or "-"
    session.add(device)
    session.flush()
    return device


def remove_device(session: Session, *, actor: Actor, device_id: UUID) -> None:
    """Forget a browser of one's own; raises :class:`DeviceNotFoundError`."""
    device = session.get(PushDevice, device_id)
    if device is None or device.account_id != actor.account_id:
        raise DeviceNotFoundError
    session.delete(device)
    session.flush()


def phone_of(session: Session, *, account_id: UUID) -> str | None:
    """The number at which an account takes text messages, if it gave one."""
    row = session.get(StaffPhone, account_id)
    return row.number if row else None


def set_phone(session: Session, *, actor: Actor, number: str) -> str | None:
    """Keep one's own number, or with nothing typed remove it. Raises as :func:`parse_phone` does."""
    row = session.get(StaffPhone, actor.account_id)
    if not number.strip():
        if row is not None:
            session.delete(row)
            session.flush()
        return None
    parsed = parse_phone(number)
    row = row or StaffPhone(account_id=actor.account_id, number=parsed)
    row.number, row.updated_at = parsed, now()
    session.add(row)
    session.flush()
    return parsed
