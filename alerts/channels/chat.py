"""Chat rooms through Apprise, which knows the services: to rooms that the operator configured, and to no others.

A subscription names a room; where that room is, and the key to write in it, stand in the operator's settings alone. An
address that a subscriber gives never reaches Apprise: it would let anybody make this server call whatever they like.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import anyio.to_thread
from anyio.lowlevel import RunVar

from alerts.channels.base import Outgoing, TransportError
from alerts.channels.kinds import Carries
from alerts.errors import EndpointInvalidError
from alerts.vocabulary import ChannelKind

CARRIES = Carries.TO_MANY
THREADS = 4
"""Calls to chat services at once: Apprise blocks, and services answer one client's flood by shutting it out."""

_limiter: RunVar[anyio.CapacityLimiter] = RunVar("drugcheck-chat")


def accept(address: str) -> str:
    """The name of a room as it is stored; raises :class:`EndpointInvalidError`. Whether there is one is seen later."""
    if not address or "/" in address or ":" in address:  # somebody's own URL, of whatever service
        raise EndpointInvalidError
    return address


class Post(Protocol):
    """Writes ``title`` and ``text`` to the room at ``url``; whether it was taken. Raises ``ValueError`` for no URL."""

    def __call__(self, url: str, *, title: str, text: str) -> bool: ...


def post_by_apprise(url: str, *, title: str, text: str) -> bool:
    """As :class:`Post`, by Apprise; the text is plain, and nothing in it is read as markup."""
    from apprise import Apprise, NotifyFormat  # noqa: PLC0415 -- who has no chat room does not load eighty services

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its warnings may quote the room's key
    room = Apprise()
    if not room.add(url):
        message = "Apprise knows no such service"
        raise ValueError(message)
    return bool(room.notify(title=title, body=text, body_format=NotifyFormat.TEXT))


@dataclass(frozen=True)
class ChatChannel:
    """``rooms``: Apprise's URL of each room, by the name that subscriptions know it by."""

    rooms: Mapping[str, str] = field(repr=False)
    post: Post = field(default=post_by_apprise, repr=False)
    kind: ChannelKind = ChannelKind.CHAT
    lease_s: float = 20.0  # Apprise waits 4 s for a connection and 4 s for an answer, and may write in several parts
    slots: int = THREADS

    def is_noop(self, message: Outgoing) -> bool:
        return not message.address

    async def notify(self, message: Outgoing) -> int | None:
        url = self.rooms.get(message.address)
        if url is None:
            raise TransportError("no_such_room")  # the operator's to mend, so tried again
        try:
            taken = await anyio.to_thread.run_sync(
                lambda: self.post(url, title=message.subject, text=message.text),
                abandon_on_cancel=True, limiter=_conversations(),
            )  # fmt: skip
        except ValueError as error:
            raise TransportError("room_address") from error  # as above
        if not taken:
            raise TransportError("room_refused")  # Apprise does not tell why
        return None


def _conversations() -> anyio.CapacityLimiter:
    """The threads that chat has to itself: a slow service must hold up nothing else."""
    try:
        return _limiter.get()
    except LookupError:
        limiter = anyio.CapacityLimiter(THREADS)
        _limiter.set(limiter)
        return limiter
