"""What can go wrong with plates, their pictures and their readings."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class PlateNotFoundError(NotFoundError):
    """No such plate, or not for this account."""

    message_id = "error.plate.not_found"


class PictureNotFoundError(NotFoundError):
    """No such picture, or not for this account."""

    message_id = "error.picture.not_found"


class ReadingNotFoundError(NotFoundError):
    """No such reading, or not for this account."""

    message_id = "error.reading.not_found"


class PlateNumberTakenError(ConflictError):
    """Another plate of the network has this number."""

    message_id = "error.plate.number_taken"
    field = "number"


class PlateSystemUnknownError(InvalidError):
    """No such chromatographic system."""

    message_id = "error.plate.system_unknown"
    field = "system_id"


class LaneContentError(InvalidError):
    """What lane ``index`` carries does not fit its kind."""

    message_id = "error.plate.lane_content"
    field = "lanes"


class LaneSampleUnknownError(InvalidError):
    """The sample on lane ``index`` is not there, or not for this account."""

    message_id = "error.plate.lane_sample_unknown"
    field = "lanes"


class LaneSubstanceUnknownError(InvalidError):
    """The substance on lane ``index`` is not in the vocabulary."""

    message_id = "error.plate.lane_substance_unknown"
    field = "lanes"


class PictureEmptyError(InvalidError):
    """A file without a byte."""

    message_id = "error.picture.empty"
    field = "picture"


class PictureTooHeavyError(InvalidError):
    """More bytes than are taken: ``limit_mb``."""

    message_id = "error.picture.too_heavy"
    field = "picture"


class NotAPictureError(InvalidError):
    """Not a picture of a kind that can be read, whatever its name says."""

    message_id = "error.picture.not_a_picture"
    field = "picture"


class PictureTooLargeError(InvalidError):
    """More pixels than are taken: ``width_px``, ``height_px``, ``limit_megapixels``."""

    message_id = "error.picture.too_large"
    field = "picture"


class PictureTooSmallError(InvalidError):
    """Too few pixels to show a plate: ``width_px``, ``height_px``."""

    message_id = "error.picture.too_small"
    field = "picture"


class PictureDamagedError(InvalidError):
    """The picture stops early or contradicts itself."""

    message_id = "error.picture.damaged"
    field = "picture"


class HintsInvalidError(InvalidError):
    """A correction that cannot be understood."""

    message_id = "error.reading.hints"
    field = "hints"


class EditsInvalidError(InvalidError):
    """A correction that the reading or its plate cannot have."""

    message_id = "error.reading.edits"
    field = "edits"


class LineOutsidePlateError(InvalidError):
    """An origin or front of which no point lies on the plate: ``corners``, as ``x y`` in pixels, four of them."""

    message_id = "error.reading.line_outside"


class HrfOutsidePlateError(InvalidError):
    """A band above or below the plate, which reaches from hRf ``low`` to ``high`` on that lane."""

    message_id = "error.reading.hrf_outside"


class LaneOutsidePlateError(InvalidError):
    """A lane beside the plate."""

    message_id = "error.reading.lane_outside"
    field = "new_lane"


class CorrectionReasonMissingError(InvalidError):
    """A correction without a word of why."""

    message_id = "error.reading.reason_missing"
    field = "reason"


class ReadingSupersededError(ConflictError):
    """A later reading stands in its place."""

    message_id = "error.reading.superseded"


class ReadingWaitingError(ConflictError):
    """A reading of this picture is already being made."""

    message_id = "error.reading.waiting"
