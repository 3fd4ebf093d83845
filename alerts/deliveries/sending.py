"""Sending what is due: claims in one transaction for many, calls outside of any, outcomes in one for many.

Calls wait side by side in one event loop, so that an endpoint that hangs costs a socket and holds up nobody. When even
the slots of a lane (``lanes.py``) are all taken and others wait for one, calls that have lasted longer than
:data:`PATIENCE_S` are ended and made again in the slow lane: those who answer at once are not made to wait for those
who do not.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
from sqlmodel import Session

from alerts.channels.base import Channel, CutShortError, Outgoing, TransportError
from alerts.deliveries.claiming import Claim, claim_due, due_lanes
from alerts.deliveries.composing import NothingToSendError, compose_all
from alerts.deliveries.lanes import CUT_SHORT, LaneCalls, lanes_of
from alerts.deliveries.liveness import Life, is_any_silent, take_up
from alerts.deliveries.models import Lane
from alerts.deliveries.outcomes import Outcome, record_all, record_one
from alerts.services import AlertServices
from alerts.vocabulary import ChannelKind
from lab.kit.apart import quick_switching, run_apart
from lab.kit.db import Database
from lab.kit.openfiles import allow_open_files

logger = logging.getLogger("drugcheck.deliveries")

PATIENCE_S = 1.0
_LOOK_S = 0.25  # how often to look for more while calls are under way
_GATHER_S = 0.03  # outcomes of this long are written down together
_MARGIN_S = 2.0  # a call ends this long before its lease does, so that its outcome still counts
_TURNS = 6
_OTHER_FILES = 500  # that a process has open beside its calls
_LANES_WIDE = 3  # about how many times its slots a road may have under way over all its lanes


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
            with quick_switching():
                taken += run_apart(_Round(database, services, time.monotonic() + budget_s).run)
            ended = services.gate.leave()
    except BaseException:
        services.gate.force_open()
        raise
    return taken


def look(database: Database, *, services: AlertServices) -> int:
    """As :func:`send_due`, after a glance at whether there is anything to do: for whoever looks every other second."""
    with database.reading() as session:
        if not due_lanes(session) and not is_any_silent(session):
            return 0
    return send_due(database, services=services)


@dataclass(eq=False)
class _Call:
    claim: Claim
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    began_s: float = field(default_factory=time.monotonic)
    is_cut: bool = False


class _Round:
    """One round of sending: from the first claim until nothing is due and nothing under way."""

    def __init__(self, database: Database, services: AlertServices, end_s: float) -> None:
        self._database = database
        self._services = services
        self._end_s = end_s
        scale = _scale(list(services.channels.values()))
        self._lanes: dict[tuple[ChannelKind, Lane], LaneCalls] = {
            (kind, lane): calls
            for kind, channel in services.channels.items()
            for lane, calls in lanes_of(channel, scale=scale).items()
        }
        self._calls: set[_Call] = set()
        self._life = Life(database)
        self._done: list[Outcome] = []
        self._news = anyio.Event()
        self._taken = 0

    async def run(self) -> int:
        going = True
        async with anyio.create_task_group() as group:
            while going:
                outcomes, self._done, self._news = self._done, [], anyio.Event()
                messages = self._exchange(outcomes)
                self._taken += len(messages)
                for claim, message in messages:
                    call = _Call(claim)
                    self._calls.add(call)
                    self._lanes[claim.channel, claim.lane].begin(claim)
                    group.start_soon(self._one, call, message)
                if not messages:
                    going = bool(self._calls or self._done)
                    if going:
                        await self._wait()
                else:
                    await _let_begin()
        self._life.end()
        return self._taken

    async def _wait(self) -> None:
        with anyio.move_on_after(_LOOK_S):
            await self._news.wait()
            await anyio.sleep(_GATHER_S)

    def _exchange(self, outcomes: Sequence[Outcome]) -> list[tuple[Claim, Outgoing | Exception]]:
        """Write down what came of the last ones, and take the next: one transaction for both.

        In the loop itself and not in a thread: two busy threads of Python hand each other the interpreter at every
        system call, which makes every call take longer (decision 0032).
        """
        if self._calls:
            self._life.show()
        wanted = self._wanted()
        if not outcomes and not wanted:
            return []
        self._life.show()
        try:
            with self._database.session() as session:
                record_all(session, outcomes)
                claims = self._claim(session, wanted)
        except Exception as error:
            # One that cannot be written down must not cost the others theirs: they would be sent again.
            logger.error("outcomes together: %s; now each by itself", type(error).__name__)
            for one in outcomes:
                self._record_alone(one)
            with self._database.session() as session:
                claims = self._claim(session, wanted)
        if not claims:
            return []
        with self._database.reading() as reading:
            return compose_all(reading, claims=claims, services=self._services)

    def _wanted(self) -> list[tuple[LaneCalls, int]]:
        """The lanes in which something waits, the first first, and how many to take of each."""
        if time.monotonic() >= self._end_s:
            return []
        take_up(self._database)
        with self._database.reading() as reading:  # mostly there is nothing to lock
            due = [key for key in due_lanes(reading) if key in self._lanes]
        rooms = [(self._lanes[key], self._lanes[key].room(due)) for key in sorted(due, key=lambda key: key[1])]
        for calls, room in rooms:
            if room <= 0 and calls.lane in CUT_SHORT:
                self._cut_short(calls)
        return [(calls, room) for calls, room in rooms if room > 0]

    def _claim(self, session: Session, wanted: Sequence[tuple[LaneCalls, int]]) -> list[Claim]:
        claims: list[Claim] = []
        for calls, room in wanted:
            lease_s = self._services.channels[calls.kind].lease_s
            claims += claim_due(
                session, leases_s={calls.kind: lease_s}, limit=room, lanes=(calls.lane,), hosts=calls.hosts,
                most_per_host=calls.most_per_host, sender_id=self._life.sender_id,
            )  # fmt: skip
        return claims

    def _record_alone(self, outcome: Outcome) -> None:
        try:
            with self._database.session() as session:
                record_one(session, outcome)
        except Exception as error:
            logger.error("outcome of %s: %s", outcome.claim.delivery_id, type(error).__name__)

    def _cut_short(self, calls: LaneCalls) -> None:
        """End what has lasted too long while others wait for its slot.

        Only calls to somebody's own host: the mail server and the gateway are the same for all of them.
        """
        late_s = time.monotonic() - PATIENCE_S
        for call in self._calls:
            claim = call.claim
            is_here = claim.channel is calls.kind and claim.lane is calls.lane and claim.host is not None
            if is_here and call.began_s < late_s and not call.is_cut:
                call.is_cut = True
                call.scope.cancel()

    async def _one(self, call: _Call, message: Outgoing | Exception) -> None:
        what: TransportError | NothingToSendError | int | None
        if isinstance(message, NothingToSendError):
            what = message
        elif isinstance(message, Exception):
            what = _internal(call.claim, message)
        else:
            what = await self._send(call, message)
        self._calls.discard(call)
        self._lanes[call.claim.channel, call.claim.lane].end(call.claim)
        self._done.append(Outcome(call.claim, what))
        self._news.set()

    async def _send(self, call: _Call, message: Outgoing) -> TransportError | int | None:
        channel = self._services.channels[call.claim.channel]
        call.scope.deadline = anyio.current_time() + max(channel.lease_s - _MARGIN_S, channel.lease_s / 2)
        with call.scope:
            return await _notify(channel, call.claim, message)
        # Its scope ended before the call did.
        return CutShortError() if call.is_cut else TransportError("timeout")


async def _let_begin() -> None:
    """Let what was just taken connect and write before more is taken: each step of a call is a turn of the loop."""
    for _ in range(_TURNS):
        await anyio.sleep(0)


def _scale(channels: Sequence[Channel]) -> float:
    """1 where the system lets this process have all its sockets open at once, else the part of them that it may."""
    wanted = _LANES_WIDE * sum(channel.slots for channel in channels)
    return min(1.0, max(allow_open_files(wanted + _OTHER_FILES) - _OTHER_FILES, 1) / wanted)


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
