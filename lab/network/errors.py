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
