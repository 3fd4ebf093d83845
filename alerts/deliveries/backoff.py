"""When to try again: the schedule of the Standard Webhooks specification, for every channel."""

import random
from collections.abc import Sequence
from datetime import timedelta

DELAYS_S = (5, 300, 1800, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
"""Before the second, third, … attempt: 75 hours, 35 minutes and 5 seconds from the first to the last."""

MAX_ATTEMPTS = len(DELAYS_S) + 1
URGENT_DELAYS_S = (5, 10, 20, 60, 120, 300, 600, 1800, 3600)
"""For call-backs (T0), where another person may have to be told instead: an hour and three quarters in all."""

NOT_BEGUN_WAIT = timedelta(seconds=5)
"""Before the mail server, say, is asked again for what it had no time to take."""

SUSPECT_AFTER = 3
"""Once so many senders in a row have died with a delivery, it is sent alone: any of those beside it may be innocent."""

MAX_DEATHS = 6
"""Senders in a row that may die with a delivery: what kills whoever touches it is set aside for a person."""

_JITTER = 0.1
_LONGEST_WISH_S = 24 * 3600.0
_URGENT_WISH_S = 300.0


def delay(attempt: int, *, wish_s: float | None = None, jitter: float | None = None) -> timedelta | None:
    """How long to wait after failed attempt ``attempt`` (from 1); None when it was the last.

    ``wish_s`` is the receiver's Retry-After: it may lengthen the wait, up to a day, never shorten it. ``jitter``
    between -1 and 1 spreads retries by up to a tenth; drawn at random unless given.
    """
    return _delay(DELAYS_S, attempt, wish_s, jitter)


def urgent_delay(attempt: int, *, wish_s: float | None = None, jitter: float | None = None) -> timedelta | None:
    """As :func:`delay`, for call-backs; a receiver's wish lengthens the wait to five minutes at most."""
    return _delay(URGENT_DELAYS_S, attempt, min(wish_s or 0.0, _URGENT_WISH_S), jitter)


def _delay(delays_s: Sequence[int], attempt: int, wish_s: float | None, jitter: float | None) -> timedelta | None:
    if attempt > len(delays_s):
        return None
    spread = random.uniform(-1, 1) if jitter is None else jitter  # noqa: S311 -- spreads load, keeps no secret
    planned_s = delays_s[attempt - 1] * (1 + _JITTER * spread)
    return timedelta(seconds=max(planned_s, min(wish_s or 0.0, _LONGEST_WISH_S)))
