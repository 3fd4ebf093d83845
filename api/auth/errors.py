"""Why a request is turned away before any service sees it."""

from lab.errors import ForbiddenError, LabError


class NotSignedInError(LabError):
    """The route needs an account."""

    message_id = "error.auth.not_signed_in"


class TokenInvalidError(NotSignedInError):
    """The bearer token is unknown, expired or revoked."""

    message_id = "error.auth.token_invalid"


class CrossSiteError(ForbiddenError):
    """A browser sent this from another site's page."""

    message_id = "error.auth.cross_site"


class TooManyRequestsError(LabError):
    """The client address has used up its rate."""

    message_id = "error.auth.too_many_requests"

    def __init__(self, *, retry_after_s: int) -> None:
        super().__init__(seconds=retry_after_s)
        self.retry_after_s = retry_after_s
