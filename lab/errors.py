"""The error root of ``lab``. One class per fact stands beside the feature it belongs to.

Errors carry a :class:`~lab.kit.messages.Message`, never a sentence: ``api/errors.py`` alone decides the HTTP
status, by the family below, and renders the text.
"""

from lab.kit.messages import Message, Param


class LabError(Exception):
    """Root. ``message_id`` names the text in ``templates/locale``; ``field`` the input it stands beside."""

    message_id = "error.lab"
    field: str | None = None

    def __init__(self, *, field: str | None = None, **params: Param) -> None:
        super().__init__(f"{self.message_id} {params}" if params else self.message_id)
        self.message = Message(self.message_id, params)
        self.field = field or type(self).field


class NotFoundError(LabError):
    """No such thing, or not for this account: the two are not told apart."""

    message_id = "error.not_found"


class ForbiddenError(LabError):
    """The account may not do this here."""

    message_id = "error.forbidden"


class ConflictError(LabError):
    """The thing is no longer in the state that this action needs."""

    message_id = "error.conflict"


class InvalidError(LabError):
    """The input cannot be taken; ``field`` says where."""

    message_id = "error.invalid"
