"""Hours in which a subscriber wants no message, on their own clock."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(at: datetime, *, first: time | None, last: time | None, timezone: str) -> datetime | None:
    """When the quiet hours end in which ``at`` falls; None when it falls in none.

    Hours may run over midnight. On the night in which the clocks change, what counts is what the clock shows.
    """
    if first is None or last is None or first == last:
        return None
    local = at.astimezone(ZoneInfo(timezone))
    clock = local.time()
    over_midnight = first > last
    inside = clock >= first or clock < last if over_midnight else first <= clock < last
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= first else local.date()
    return datetime.combine(day, last, local.tzinfo).astimezone(at.tzinfo)
