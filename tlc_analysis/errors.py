"""What can go wrong while reading a plate. One class per fact; all under :class:`PlateError`."""


class PlateError(Exception):
    """Root of everything that ``tlc_analysis`` raises on purpose."""


class UnreadableImageError(PlateError):
    """The bytes are not a picture that can be read; the message says what is wrong and what to do."""


class InvalidHintsError(PlateError):
    """A hint contradicts the picture or itself."""


class CorrectionError(PlateError):
    """The standards on a plate cannot carry a correction."""


class LibraryFormatError(PlateError):
    """A library file cannot be read; the message names the line."""


class CalibrationError(PlateError):
    """A calibration series cannot carry an estimate."""


class RegistrationError(PlateError):
    """Two pictures cannot be laid over each other."""


class ReadingFormatError(PlateError):
    """A reading's JSON does not follow ``plate-reading/1``."""


class UnknownSystemError(PlateError):
    """The library has no entry for the system named; the message says which it has."""


class MatchError(PlateError):
    """There is nothing to match with, or too much to combine."""
