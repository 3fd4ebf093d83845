"""How many calls each lane may have under way: nothing that waits, hangs or is suspect takes another's place.

A lane has slots of its own on each road, and in a round every lane that has something due gets its turn, the first
lane first. So whatever comes to one person at risk finds a slot free however large a mailing goes out beside it, and
what is last is never put off for ever.
"""

from collections import Counter
from collections.abc import Collection

from alerts.channels.base import Channel
from alerts.deliveries.claiming import Claim
from alerts.deliveries.models import Lane
from alerts.vocabulary import ChannelKind

BATCH = 200  # claims in one transaction by one road and lane: few enough to be on their way within a moment
CUT_SHORT = frozenset({Lane.PUBLIC, Lane.ORDINARY})
"""Lanes in which a call that lasts gives way when all slots are taken and others wait."""

HOST_CALLS = 250
"""Calls under way at once to one host in a wide lane: one host that hangs takes an eighth of the slots at most."""

_SLOW_HOST_CALLS = 50
_PERSON_SLOTS = 64
_BESIDE_PUBLIC = 50  # of what is ordinary, in each round, while something public is due
_SLOW_BATCH = 50


class LaneCalls:
    """What one road has under way in one lane. ``scale`` below 1 where the system allows few open sockets."""

    def __init__(self, kind: ChannelKind, lane: Lane, slots: int) -> None:
        self.kind, self.lane, self._slots = kind, lane, slots
        self.under_way = 0
        self.hosts: Counter[int] = Counter()

    def begin(self, claim: Claim) -> None:
        """A call is under way."""
        self.under_way += 1
        if claim.host is not None:
            self.hosts[claim.host] += 1

    def end(self, claim: Claim) -> None:
        """It is over."""
        self.under_way -= 1
        if claim.host is not None:
            self.hosts[claim.host] -= 1
            if not self.hosts[claim.host]:
                del self.hosts[claim.host]

    def room(self, due: Collection[tuple[ChannelKind, Lane]]) -> int:
        """How many more to take in this round; ``due``: where something waits."""
        most = BATCH
        if self.lane is Lane.SLOW:
            most = _SLOW_BATCH
        elif self.lane is Lane.ORDINARY and (self.kind, Lane.PUBLIC) in due:
            most = _BESIDE_PUBLIC
        return min(most, self._slots - self.under_way)

    @property
    def most_per_host(self) -> int:
        """How many calls to one host at once."""
        return _SLOW_HOST_CALLS if self.lane is Lane.SLOW else HOST_CALLS


def lanes_of(channel: Channel, *, scale: float = 1.0) -> dict[Lane, LaneCalls]:
    """The lanes of a road, with its slots dealt out. ``scale``: below 1 where few sockets may be open at once."""
    slots = max(int(channel.slots * scale), 8)
    dealt = {
        Lane.PERSON: min(slots, _PERSON_SLOTS), Lane.PUBLIC: slots, Lane.ORDINARY: slots, Lane.SLOW: max(slots // 4, 2),
        Lane.SUSPECT: 1,
    }  # fmt: skip
    return {lane: LaneCalls(channel.kind, lane, count) for lane, count in dealt.items()}
