"""What can go wrong with person codes."""

from lab.errors import ConflictError, InvalidError


class PersonCodeOffError(ConflictError):
    """The network has not switched the person code on."""

    message_id = "error.person_code.off"


class CodeConsentMissingError(InvalidError):
    """The code has a consent of its own."""

    message_id = "error.person_code.consent"
    field = "consent"


class CodeLetterError(InvalidError):
    """One letter is asked for."""

    message_id = "error.person_code.letter"


class CodeNumberError(InvalidError):
    """Not a number that can be: a month from 1 to 12, brothers from 0 to 20."""

    message_id = "error.person_code.number"
