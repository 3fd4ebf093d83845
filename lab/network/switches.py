"""Switches of the whole network that administrators turn on its pages. All are off until somebody turns them."""

from sqlmodel import Session

from lab.kit.clock import now
from lab.network.access import Actor, Permission
from lab.network.models import NetworkSetting

PERSON_CODE = "person_code"
ON, OFF = "on", "off"


def is_on(session: Session, *, name: str) -> bool:
    """Whether the switch ``name`` is on."""
    setting = session.get(NetworkSetting, name)
    return setting is not None and setting.value == ON


def turn(session: Session, *, actor: Actor, name: str, on: bool) -> NetworkSetting:
    """Turn a switch; who and when is kept beside it."""
    actor.require(Permission.NETWORK_MANAGE)
    setting = session.get(NetworkSetting, name)
    value = ON if on else OFF
    if setting is None:
        setting = NetworkSetting(name=name, value=value, changed_by=actor.account_id)
    setting.value, setting.changed_by, setting.changed_at = value, actor.account_id, now()
    session.add(setting)
    session.flush()
    return setting
