"""What can go wrong with samples, their codes and their tickets."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class SampleNotFoundError(NotFoundError):
    """No such sample, or not for this account."""

    message_id = "error.sample.not_found"


class CodeCharacterError(InvalidError):
    """A character that no code contains."""

    message_id = "error.code.character"
    field = "code"


class CodeLengthError(InvalidError):
    """Too few or too many characters."""

    message_id = "error.code.length"
    field = "code"


class CodeTypoError(InvalidError):
    """The check character does not fit: something was mistyped."""

    message_id = "error.code.typo"
    field = "code"


class CodeTakenError(ConflictError):
    """The label's code already stands on another sample."""

    message_id = "error.code.taken"
    field = "code"


class ConsentMissingError(InvalidError):
    """Nothing is analysed without consent."""

    message_id = "error.sample.consent_missing"
    field = "consent_analyse"


class OutOfRangeError(InvalidError):
    """A measure that cannot be: ``low`` and ``high`` say what can."""

    message_id = "error.sample.out_of_range"


class CollectedInFutureError(InvalidError):
    """Collected after today."""

    message_id = "error.sample.collected_in_future"
    field = "collected_on"


class AreaMissingError(InvalidError):
    """The coarse area is empty and the site has none to lend."""

    message_id = "error.sample.area_missing"
    field = "area"


class SubstanceUnknownError(InvalidError):
    """The product sold is not in the vocabulary."""

    message_id = "error.sample.substance_unknown"
    field = "sold_as_substance_id"


class TabletMarksError(InvalidError):
    """Marks of a tablet on something that is not one."""

    message_id = "error.sample.tablet_marks"
    field = "form"


class WordUnknownError(InvalidError):
    """A colour, texture or route that is not in the vocabulary."""

    message_id = "error.sample.word_unknown"


class ClientIdReusedError(ConflictError):
    """The device sent another sample under a key that it has used before."""

    message_id = "error.sample.client_id_reused"
    field = "client_id"


class SiteClosedError(InvalidError):
    """No such site, or it takes no samples any more."""

    message_id = "error.sample.site_closed"
    field = "site_id"


class TicketReusedError(ConflictError):
    """The ticket that the device made already opens another sample."""

    message_id = "error.ticket.reused"
    field = "ticket_hash"


class TicketNotAskedForError(InvalidError):
    """A ticket is closed or replaced only when the person it belongs to asks for it."""

    message_id = "error.ticket.not_asked"
    field = "asked"


class TicketInvalidError(NotFoundError):
    """No answer under this ticket: unknown, revoked, expired and not ready are not told apart here."""

    message_id = "error.ticket.invalid"
