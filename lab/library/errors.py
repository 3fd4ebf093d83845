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


class SubstanceExistsError(InvalidError):
    """The library has a substance of this name."""

    message_id = "error.library.substance_exists"
    field = "name"


class SystemExistsError(InvalidError):
    """The library has a system of this code."""

    message_id = "error.library.system_exists"
    field = "code"


class SystemInUseError(InvalidError):
    """Values were measured in this system: with another layer or mobile phase it is another system."""

    message_id = "error.library.system_in_use"


class ColourNotFoundError(NotFoundError):
    """No colour reaction that a person entered under that key."""

    message_id = "error.library.colour_not_found"


class ChangeReasonError(InvalidError):
    """The library is not changed without a reason."""

    message_id = "error.library.change_reason"
    field = "reason"


class NothingChangedError(InvalidError):
    """All as it was."""

    message_id = "error.library.nothing_changed"


class LibraryFileError(InvalidError):
    """No library file: not JSON, or of another kind."""

    message_id = "error.library.file"
    field = "file"


class LibraryFileOwnError(InvalidError):
    """A laboratory's own file, or one that was taken in before."""

    message_id = "error.library.file_known"
    field = "file"
