"""What can go wrong with analyses on the spot."""

from lab.errors import InvalidError


class StripLinesMissingError(InvalidError):
    """Nobody said which lines are seen."""

    message_id = "error.onsite.lines_missing"
    field = "lines"


class StripTargetMissingError(InvalidError):
    """A strip that is not in the list needs the group that it answers for."""

    message_id = "error.onsite.target_missing"
    field = "target_class"


class StripNameMissingError(InvalidError):
    """A strip that is not in the list needs the name on its packet."""

    message_id = "error.onsite.name_missing"
    field = "name"


class StripLimitMissingError(InvalidError):
    """Without its detection limit a strip's silence says nothing at all."""

    message_id = "error.onsite.limit_missing"
    field = "limit_ng_ml"


class ReagentMissingError(InvalidError):
    """Nobody said which reagent."""

    message_id = "error.onsite.reagent_missing"
    field = "reagent"


class ReagentColoursMissingError(InvalidError):
    """A reaction was seen, and its colour not written down."""

    message_id = "error.onsite.colours_missing"
    field = "reaction_colours"


class ReagentContradictsError(InvalidError):
    """The verdict and what was seen exclude each other."""

    message_id = "error.onsite.contradicts"
    field = "verdict"
