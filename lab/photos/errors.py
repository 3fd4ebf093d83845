"""What can go wrong with photographs of samples."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class PhotoNotFoundError(NotFoundError):
    """No such photograph, erased, or not for this account."""

    message_id = "error.photo.not_found"


class TooManyPhotosError(InvalidError):
    """A sample has ``most`` photographs already."""

    message_id = "error.photo.too_many"
    field = "picture"


class PhotoIdReusedError(ConflictError):
    """The device sent a photograph under a key that stands on another sample's."""

    message_id = "error.photo.id_reused"
    field = "id"


class CropError(InvalidError):
    """What is left of the photograph shows too little, or the margins are none."""

    message_id = "error.photo.crop"
    field = "photo"
