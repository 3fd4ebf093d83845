"""Which roads lead to one person who works here, and how much may be said on each."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlmodel import Session

from alerts.reach import service as reach
from alerts.services import AlertServices
from alerts.vocabulary import ChannelKind


def roads_to(
    session: Session, *, account_id: UUID, channels: Sequence[ChannelKind], services: AlertServices
) -> dict[str, ChannelKind]:
    """The ways to one person by ``channels``, by a key of at most 40 characters; e-mail where none leads to them."""
    found: dict[str, ChannelKind] = {}
    if ChannelKind.PUSH in channels and ChannelKind.PUSH in services.channels:
        found |= {one.id.hex: ChannelKind.PUSH for one in reach.devices_of(session, account_id=account_id)}
    has_phone = reach.phone_of(session, account_id=account_id) is not None
    if ChannelKind.SMS in channels and ChannelKind.SMS in services.channels and has_phone:
        found[ChannelKind.SMS.value] = ChannelKind.SMS
    if ChannelKind.EMAIL in channels or not found:
        found[ChannelKind.EMAIL.value] = ChannelKind.EMAIL
    return found


def content_for(kind: ChannelKind, words: Mapping[str, str]) -> dict[str, str]:
    """By e-mail what it is about; over a telephone's lock screen and other people's servers only that it waits.

    ``words``: ``subject`` and ``body`` of the letter, ``title``, ``short`` and ``url`` of the notice.
    """
    if kind is ChannelKind.EMAIL:
        return {"subject": words["subject"], "body": words["body"]}
    return {"subject": words["title"], "body": words["short"], "url": words["url"]}
