"""What can go wrong with a laboratory's terms."""

from lab.errors import InvalidError


class NoLaboratoryError(InvalidError):
    """The site is no laboratory."""

    message_id = "error.bench.no_laboratory"


class TermsRangeError(InvalidError):
    """Days or hours outside what can be meant."""

    message_id = "error.bench.terms_range"
