"""What can go wrong with the directory of services."""

from lab.errors import InvalidError, NotFoundError


class EntryNotFoundError(NotFoundError):
    """No such entry."""

    message_id = "error.directory.not_found"


class EntryUnreachableError(InvalidError):
    """Neither a telephone number nor a web address: nobody could use it."""

    message_id = "error.directory.unreachable"
    field = "telephone"


class EntryTelephoneError(InvalidError):
    """Not a telephone number."""

    message_id = "error.directory.telephone"
    field = "telephone"


class EntryWebError(InvalidError):
    """Not a web address."""

    message_id = "error.directory.web"
    field = "web"


class EntryExpiredError(InvalidError):
    """Valid until a day that has passed."""

    message_id = "error.directory.expired"
    field = "valid_until"


class EntryTooLongValidError(InvalidError):
    """Valid for longer than anybody can know."""

    message_id = "error.directory.too_long"
    field = "valid_until"


class CsvUnreadableError(InvalidError):
    """Not a CSV file in UTF-8 with the columns of an export."""

    message_id = "error.directory.csv"
    field = "file"
