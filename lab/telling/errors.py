"""What can go wrong with telling an answer."""

from lab.errors import ConflictError, NotFoundError


class AnswerNotOutError(ConflictError):
    """This version was not given out: there is nothing to tell yet, or a newer one to tell."""

    message_id = "error.telling.not_out"


class NoticeNotFoundError(NotFoundError):
    """No such notice, or not for this account."""

    message_id = "error.telling.notice_not_found"
