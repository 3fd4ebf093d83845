"""What can go wrong with pre-printed labels."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class LabelFormatUnknownError(InvalidError):
    """No such label sheet."""

    message_id = "error.label.format_unknown"
    field = "format"


class LabelCountError(InvalidError):
    """Too few or too many sheets at once."""

    message_id = "error.label.count"
    field = "sheets"


class LabelVoidError(ConflictError):
    """The label is of a sheet that was declared lost: its ticket may be in other hands."""

    message_id = "error.label.void"
    field = "code"


class BatchNotFoundError(NotFoundError):
    """No such batch of labels, or not for this account."""

    message_id = "error.label.batch_not_found"


class TicketsPrintedOnceError(ConflictError):
    """Tickets of a batch cannot be printed again: only their hashes are kept."""

    message_id = "error.label.tickets_once"
