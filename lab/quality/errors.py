"""What can go wrong with criteria, and with answers that rest on a plate that failed."""

from lab.errors import InvalidError, NotFoundError


class CriteriaSourceMissingError(InvalidError):
    """Figures without a word on where they come from."""

    message_id = "error.quality.source"
    field = "source"


class CriteriaRangeError(InvalidError):
    """``field`` is outside ``least`` to ``most``."""

    message_id = "error.quality.range"


class QualityReasonMissingError(InvalidError):
    """The answer rests on a plate that failed the laboratory's criteria, and nobody wrote why it stands."""

    message_id = "error.quality.reason_missing"
    field = "quality_reason"


class ChartNotFoundError(NotFoundError):
    """No run of this standard in this system at this laboratory."""

    message_id = "error.quality.no_chart"
