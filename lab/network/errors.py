"""What can go wrong with accounts and sites."""

from lab.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class SignInFailedError(ForbiddenError):
    """E-mail and password do not fit, or the account is closed: the two are not told apart."""

    message_id = "error.network.sign_in_failed"


class EmailTakenError(ConflictError):
    """Another account has this e-mail address."""

    message_id = "error.network.email_taken"
    field = "email"


class EmailInvalidError(InvalidError):
    """Not an e-mail address."""

    message_id = "error.network.email_invalid"
    field = "email"


class PasswordTooShortError(InvalidError):
    """Shorter than the least length."""

    message_id = "error.network.password_too_short"
    field = "password"


class SiteNameTakenError(ConflictError):
    """Another site has this name."""

    message_id = "error.network.site_name_taken"
    field = "name"


class SiteNotFoundError(NotFoundError):
    """No such site, or not for this account."""

    message_id = "error.network.site_not_found"


class AccountNotFoundError(NotFoundError):
    """No such account."""

    message_id = "error.network.account_not_found"


class LanguagesInvalidError(InvalidError):
    """Not two-letter codes of languages."""

    message_id = "error.network.languages"
    field = "languages"


class TimezoneInvalidError(InvalidError):
    """Not the name of a time zone."""

    message_id = "error.network.timezone"
    field = "timezone"


class SiteHoldsMaterialError(ConflictError):
    """Samples are still at the site, or on their way there."""

    message_id = "error.network.site_holds_material"


class AccountUnknownError(NotFoundError):
    """No such account, or not one that this account looks after."""

    message_id = "error.network.account_unknown"


class AccountClosedError(ConflictError):
    """The account was closed."""

    message_id = "error.network.account_closed"


class InvitationInvalidError(NotFoundError):
    """The link is unknown, used, expired or withdrawn; which of them is not told."""

    message_id = "error.network.invitation_invalid"


class LastAdministratorError(ConflictError):
    """Nobody else could administer the network."""

    message_id = "error.network.last_administrator"


class OwnAccountError(ConflictError):
    """Nobody closes the account they are working with."""

    message_id = "error.network.own_account"


class ProtocolNotFoundError(NotFoundError):
    """No such protocol."""

    message_id = "error.network.protocol_not_found"


class ProtocolTakenError(ConflictError):
    """This version of the protocol is written down already."""

    message_id = "error.network.protocol_taken"
    field = "version"


class ValidityError(InvalidError):
    """Ends before it begins."""

    message_id = "error.network.validity"
    field = "valid_until"


class TrainedInFutureError(InvalidError):
    """Trained after today."""

    message_id = "error.network.trained_in_future"
    field = "trained_on"


class LinkInvalidError(InvalidError):
    """Not a web address."""

    message_id = "error.network.link"
    field = "link"
