"""Sending what is due: claims in one transaction, calls outside of any, outcomes in one each."""

import logging
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from alerts.channels.base import Outgoing, TransportError
from alerts.deliveries.claiming import Claim, claim_due, record_failed, record_sent, record_withdrawn
from alerts.deliveries.composing import NothingToSendError, compose
from alerts.services import AlertServices
from lab.kit.db import Database

_FEWEST = 4  # free slots that are worth a claim of their own: a claim is a transaction
_PATIENCE_S = 0.25

logger = logging.getLogger("drugcheck.deliveries")

SLOTS = 16
"""Calls under way at once in one process."""


def send_due(database: Database, *, services: AlertServices, budget_s: float = 40.0, slots: int = SLOTS) -> int:
    """Send until nothing is due, or ``budget_s`` is over; how many deliveries were taken up.

    Any number of these run at once, in any number of processes: each delivery is claimed by one.
    """
    leases_s = {kind: channel.lease_s for kind, channel in services.channels.items()}
    deadline = time.monotonic() + budget_s
    taken = 0
    under_way: set[Future[None]] = set()
    idle = True
    with ThreadPoolExecutor(max_workers=slots, thread_name_prefix="delivery") as pool:
        while True:
            free = slots - len(under_way)
            worth_it = free >= _FEWEST or (free > 0 and idle)
            claims: list[Claim] = []
            if worth_it and time.monotonic() < deadline:
                with database.session() as session:
                    claims = claim_due(session, leases_s=leases_s, limit=free)
            taken += len(claims)
            under_way |= {pool.submit(send_one, database, claim, services) for claim in claims}
            if not under_way:
                return taken
            done, under_way = wait(under_way, timeout=_PATIENCE_S, return_when=FIRST_COMPLETED)
            idle = not done  # calls that hang must not keep the few free slots empty
            for future in done:
                future.result()


def send_one(database: Database, claim: Claim, services: AlertServices) -> None:
    """Send one claimed delivery and write down what came of it."""
    try:
        with database.reading() as reading:
            message = compose(reading, claim=claim, services=services)
    except NothingToSendError as error:
        with database.session() as session:
            record_withdrawn(session, claim=claim, why=error.why)
        return
    outcome = _call(claim, message, services)
    with database.session() as session:
        if isinstance(outcome, TransportError):
            record_failed(session, claim=claim, error=outcome)
        else:
            record_sent(session, claim=claim, status=outcome)


def _call(claim: Claim, message: Outgoing, services: AlertServices) -> TransportError | int | None:
    channel = services.channels[claim.channel]
    if channel.is_noop(message):
        return TransportError("no_address", permanent=True)
    try:
        return channel.notify(message)
    except TransportError as error:
        return error
    except Exception as error:
        # A fault of ours in one message must not keep the others waiting; its words may hold an address.
        logger.error("delivery %s: %s", claim.delivery_id, type(error).__name__)
        return TransportError("internal")
