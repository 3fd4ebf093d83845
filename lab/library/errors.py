"""What can go wrong with the reference library."""

from lab.errors import InvalidError, LabError, NotFoundError


class ReferenceDataError(LabError):
    """The shipped reference data are broken: ``file`` and ``line`` say where, ``problem`` what."""

    message_id = "error.library.reference_data"


class SubstanceNotFoundError(NotFoundError):
    """No substance of this name or key."""

    message_id = "error.library.substance_not_found"


class SubstanceAmbiguousError(InvalidError):
    """A name that several substances go by."""

    message_id = "error.library.substance_ambiguous"
    field = "substance"


class SystemNotFoundError(NotFoundError):
    """No such chromatographic system."""

    message_id = "error.library.system_not_found"


class RetentionRangeError(InvalidError):
    """A retention value outside 0 to 100 hRf."""

    message_id = "error.library.retention_range"
    field = "value_hrf"


class ReadingUncertaintyError(InvalidError):
    """An uncertainty that is negative or no number."""

    message_id = "error.library.reading_uncertainty"
    field = "reading_u_hrf"


class OwnRunNotFoundError(NotFoundError):
    """No own run of this laboratory under that key."""

    message_id = "error.library.own_run_not_found"
