"""The one source of the present moment, so that tests and replays can hold it still."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

_frozen: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


def now() -> datetime:
    """The present moment in UTC, to the microsecond."""
    return _frozen.get() or datetime.now(UTC)


def today() -> date:
    """Today's date in UTC."""
    return now().date()


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold :func:`now` at ``moment`` (timezone-aware) inside the block."""
    if moment.tzinfo is None:
        message = "a frozen moment needs its timezone"
        raise ValueError(message)
    token = _frozen.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)
