"""What a channel is: it says whether a message is for it, sends it once, and says how it failed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from alerts.vocabulary import ChannelKind


@dataclass(frozen=True)
class Outgoing:
    """One message to one address, in its final words.

    ``message_id`` is the same at every attempt, so that a receiver can drop a repeated one. ``document`` is what
    programs get; ``event`` names its type. ``secret`` signs it (webhooks), or seals it (Web Push).

    ``line`` says the same as ``text`` at the length of a text message; empty where ``text`` is that short. ``url`` is
    the page that says more, and ``tag`` the thing it is about: a later notice with the same tag takes its place.
    """

    message_id: str
    address: str
    language: str
    subject: str
    text: str
    event: str
    at: datetime  # when the message came to be, not when it is sent
    document: Mapping[str, object] = field(default_factory=dict)
    line: str = ""
    url: str | None = None
    tag: str = ""
    unsubscribe_url: str | None = None
    secret: bytes | None = field(default=None, repr=False)
    urgent: bool = False  # to one person at risk: never behind what goes to many


class TransportError(Exception):
    """A message did not go out.

    ``kind`` is a short word without any address or content, fit for a log. ``permanent``: another attempt would fail
    too. ``gone``: the endpoint wants nothing more. ``retry_after_s``: the endpoint's own wish.
    """

    def __init__(
        self,
        kind: str,
        *,
        permanent: bool = False,
        gone: bool = False,
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.permanent = permanent or gone
        self.gone = gone
        self.status = status
        self.retry_after_s = retry_after_s


class UncountedError(TransportError):
    """The call says nothing about the endpoint: it is made again, and not counted as a failure of it."""


class NotBegunError(UncountedError):
    """Nothing came free in time to make the call with."""

    def __init__(self) -> None:
        super().__init__("not_begun")


class CutShortError(UncountedError):
    """We ended it, for others waited for its slot; it is made again where nobody waits behind it."""

    def __init__(self) -> None:
        super().__init__("cut_short")


class Channel(Protocol):
    """One file per channel implements this."""

    @property
    def kind(self) -> ChannelKind:
        """Which road this is."""
        ...

    @property
    def lease_s(self) -> float:
        """How long one :meth:`notify` may take at most; then the sender counts as dead."""
        ...

    @property
    def slots(self) -> int:
        """How many calls one process has under way at once by this road, in each of its wide lanes."""
        ...

    def is_noop(self, message: Outgoing) -> bool:
        """Whether there is nothing to send here for this message."""
        ...

    async def notify(self, message: Outgoing) -> int | None:
        """Send it once; the status the other side gave. Raises :class:`TransportError`.

        Never blocks the loop: what can only block goes to a thread. It may be cancelled at any moment.
        """
        ...
