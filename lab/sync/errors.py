"""What can go wrong when a device sends its outbox, and when somebody decides on a conflict."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class TooEarlyError(ConflictError):
    """The operation builds on something that has not arrived yet; to be sent again."""

    message_id = "sync.too_early"


class ConflictNotFoundError(NotFoundError):
    """No such conflict, or not for this account."""

    message_id = "error.sync.conflict_not_found"


class DecidedError(ConflictError):
    """Somebody has decided already."""

    message_id = "error.sync.decided"


class ReasonMissingError(InvalidError):
    """A decision needs a word on why."""

    message_id = "error.sync.reason_missing"
    field = "reason"


class NoSuchDecisionError(InvalidError):
    """This conflict cannot be decided so."""

    message_id = "error.sync.no_such_decision"
    field = "decision"


class TravelledError(ConflictError):
    """The second registration's container was packed or received: it cannot be the same bag registered twice."""

    message_id = "error.sync.travelled"
    field = "decision"
