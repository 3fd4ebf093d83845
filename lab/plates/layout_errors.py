"""What can go wrong with remembered layouts."""

from lab.errors import ConflictError, NotFoundError


class LayoutNotFoundError(NotFoundError):
    """No such layout, or not for this account."""

    message_id = "error.layout.not_found"


class LayoutNameTakenError(ConflictError):
    """Another layout of this laboratory has this name."""

    message_id = "error.layout.name_taken"
    field = "layout_name"
