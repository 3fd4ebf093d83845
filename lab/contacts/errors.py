"""What can be wrong with a contact."""

from lab.errors import InvalidError, NotFoundError


class ContactConsentMissingError(InvalidError):
    """A contact is kept only where the person agreed to it."""

    message_id = "error.contact.consent_missing"
    field = "contact_consent"


class ContactEmailInvalidError(InvalidError):
    """Not an e-mail address."""

    message_id = "error.contact.email_invalid"
    field = "contact_email"


class ContactPhoneInvalidError(InvalidError):
    """Not a telephone number with its country code."""

    message_id = "error.contact.phone_invalid"
    field = "contact_phone"


class ContactMissingError(InvalidError):
    """Neither an address nor a number was given."""

    message_id = "error.contact.missing"
    field = "contact_email"


class ContactErasedError(NotFoundError):
    """The contact was erased, or its key is not on this machine: nobody can read it."""

    message_id = "error.contact.erased"
