"""What can go wrong with retrospective hits."""

from lab.errors import InvalidError, NotFoundError


class HitNotFoundError(NotFoundError):
    """No open hit under that key for this account."""

    message_id = "error.lookback.not_found"


class HitReasonError(InvalidError):
    """A hit is not put aside without saying why."""

    message_id = "error.lookback.reason"
    field = "reason"
