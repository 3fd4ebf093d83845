"""Sending what is due: claims in one transaction for many, calls outside of any, outcomes in one for many.

Calls wait side by side in one event loop, so that an endpoint that hangs costs a socket and holds up nobody. When even
the slots of a road are all taken and others wait for one, calls that have lasted longer than :data:`PATIENCE_S` are
ended and tried again later: those who answer at once are not made to wait for those who do not.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from alerts.channels.base import Channel, Outgoing, TransportError
from alerts.deliveries.claiming import Claim, claim_due, due_channels
from alerts.deliveries.composing import NothingToSendError, compose_all
from alerts.deliveries.outcomes import Outcome, record_all, record_one
from alerts.services import AlertServices
from alerts.vocabulary import ChannelKind
from lab.kit.apart import run_apart
from lab.kit.db import Database

logger = logging.getLogger("drugcheck.deliveries")

BATCH = 200  # claims in one transaction by one road: few enough to be on their way within a moment
PATIENCE_S = 1.5
_LOOK_S = 0.25  # how often to look for more while calls are under way
_GATHER_S = 0.03  # outcomes of this long are written down together
_MARGIN_S = 2.0  # a call ends this long before its lease does, so that its outcome still counts


def send_due(database: Database, *, services: AlertServices, budget_s: float = 40.0) -> int:
    """Send until nothing is due, or ``budget_s`` is over; how many deliveries were taken up.

    Any number of processes may do this at once: each delivery is claimed by one. Within one process a single round
    goes on; whoever asks meanwhile is told 0, and that round looks again.
    """
    if not services.gate.enter():
        return 0
    taken, ended = 0, False
    try:
        while not ended:
            taken += run_apart(_Round(database, services, time.monotonic() + budget_s).run)
            ended = services.gate.leave()
    except BaseException:
        services.gate.force_open()
        raise
    return taken


@dataclass(eq=False)
class _Call:
    claim: Claim
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    began_s: float = field(default_factory=time.monotonic)
    abandoned: bool = False


class _Round:
    """One round of sending: from the first claim until nothing is due and nothing under way."""

    def __init__(self, database: Database, services: AlertServices, end_s: float) -> None:
        self._database = database
        self._services = services
        self._end_s = end_s
        self._calls: dict[ChannelKind, set[_Call]] = {kind: set() for kind in services.channels}
        self._done: list[Outcome] = []
        self._news = anyio.Event()
        self._taken = 0

    async def run(self) -> int:
        going = True
        async with anyio.create_task_group() as group:
            while going:
                outcomes, self._done, self._news = self._done, [], anyio.Event()
                messages = self._exchange(outcomes, self._room())
                self._taken += len(messages)
                for claim, message in messages:
                    call = _Call(claim)
                    self._calls[claim.channel].add(call)
                    group.start_soon(self._one, call, message)
                if not messages:
                    going = any(self._calls.values()) or bool(self._done)
                    if going:
                        await self._wait()
                else:
                    await anyio.sleep(0)
        return self._taken

    async def _wait(self) -> None:
        with anyio.move_on_after(_LOOK_S):
            await self._news.wait()
            await anyio.sleep(_GATHER_S)

    def _room(self) -> dict[ChannelKind, int]:
        """How many more calls each road has room for."""
        if time.monotonic() >= self._end_s:
            return {}
        return {
            kind: min(BATCH, channel.slots - len(self._calls[kind]))
            for kind, channel in self._services.channels.items()
        }

    def _exchange(
        self, outcomes: Sequence[Outcome], room: dict[ChannelKind, int]
    ) -> list[tuple[Claim, Outgoing | Exception]]:
        """Write down what came of the last ones, and take the next.

        In the loop itself and not in a thread: two busy threads of Python hand each other the interpreter at every
        system call, which made a call take fifteen times as long.
        """
        self._record(outcomes)
        with self._database.reading() as reading:  # mostly there is nothing to lock
            due = due_channels(reading) & set(room)
        for kind in due:
            if room[kind] <= 0:
                self._end_patience(kind)
        wanted = [kind for kind in due if room[kind] > 0]
        if not wanted:
            return []
        claims: list[Claim] = []
        for kind in wanted:
            with self._database.session() as session:
                lease_s = self._services.channels[kind].lease_s
                claims += claim_due(session, leases_s={kind: lease_s}, limit=room[kind])
        with self._database.reading() as reading:
            return compose_all(reading, claims=claims, services=self._services)

    def _record(self, outcomes: Sequence[Outcome]) -> None:
        if not outcomes:
            return
        try:
            with self._database.session() as session:
                record_all(session, outcomes)
        except Exception as error:
            # One that cannot be written down must not cost the others theirs: they would be sent again.
            logger.error("outcomes together: %s; now each by itself", type(error).__name__)
            for one in outcomes:
                self._record_alone(one)

    def _record_alone(self, outcome: Outcome) -> None:
        try:
            with self._database.session() as session:
                record_one(session, outcome)
        except Exception as error:
            logger.error("outcome of %s: %s", outcome.claim.delivery_id, type(error).__name__)

    def _end_patience(self, kind: ChannelKind) -> None:
        """Mark what has lasted too long while others wait for its slot; the loop ends it."""
        late_s = time.monotonic() - PATIENCE_S
        for call in list(self._calls[kind]):
            if call.began_s < late_s:
                call.abandoned = True
        self._end_abandoned(kind)

    def _end_abandoned(self, kind: ChannelKind) -> None:
        for call in self._calls[kind]:
            if call.abandoned:
                call.scope.cancel()

    async def _one(self, call: _Call, message: Outgoing | Exception) -> None:
        what: TransportError | NothingToSendError | int | None
        if isinstance(message, NothingToSendError):
            what = message
        elif isinstance(message, Exception):
            what = _internal(call.claim, message)
        else:
            what = TransportError("timeout")  # unless the call comes to an end before its scope does
            channel = self._services.channels[call.claim.channel]
            call.scope.deadline = anyio.current_time() + max(channel.lease_s - _MARGIN_S, channel.lease_s / 2)
            with call.scope:
                what = await _notify(channel, call.claim, message)
        self._calls[call.claim.channel].discard(call)
        self._done.append(Outcome(call.claim, what))
        self._news.set()


async def _notify(channel: Channel, claim: Claim, message: Outgoing) -> TransportError | int | None:
    if channel.is_noop(message):
        return TransportError("no_address", permanent=True)
    try:
        return await channel.notify(message)
    except TransportError as error:
        return error
    except Exception as error:
        return _internal(claim, error)


def _internal(claim: Claim, error: Exception) -> TransportError:
    logger.error("delivery %s: %s", claim.delivery_id, type(error).__name__)  # its words may hold an address
    return TransportError("internal")
