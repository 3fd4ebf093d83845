"""What can go wrong with stock keeping, one class per fact."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class BasisMissingError(InvalidError):
    """A rule, limit, route or hold says on what it rests."""

    message_id = "error.register.basis_missing"
    field = "basis"


class BasisTooLongError(InvalidError):
    """A route's legal basis does not fit on a manifest."""

    message_id = "error.register.basis_too_long"


class RuleInvalidError(InvalidError):
    """A number of a rule is out of its range."""

    message_id = "error.register.rule_invalid"


class NothingDeclaredError(InvalidError):
    """A rule that says nothing."""

    message_id = "error.register.nothing_declared"
    field = "tolerance_mg"


class DeclaredNotFoundError(NotFoundError):
    """No such route, limit or storage place here."""

    message_id = "error.register.declared_not_found"


class SameSiteError(InvalidError):
    """A route needs two different sites."""

    message_id = "error.register.same_site"
    field = "to_site_id"


class PlaceTakenError(ConflictError):
    """This site has a storage place with this code already."""

    message_id = "error.register.place_taken"
    field = "code"


class PlaceUnknownError(InvalidError):
    """No open storage place of this site has this code."""

    message_id = "error.register.place_unknown"
    field = "place"


class PlaceInUseError(ConflictError):
    """Containers lie there still."""

    message_id = "error.register.place_in_use"


class TaskNotFoundError(NotFoundError):
    """No such task here."""

    message_id = "error.register.task_not_found"


class TaskResolvedError(ConflictError):
    """Somebody has dealt with it already."""

    message_id = "error.register.task_resolved"


class ReasonMissingError(InvalidError):
    """A task is closed with a reason, in words."""

    message_id = "error.register.reason_missing"
    field = "reason"


class SettlementInvalidError(InvalidError):
    """The books cannot be set right this way."""

    message_id = "error.register.settlement_invalid"
    field = "settlement"


class DisposalEmptyError(InvalidError):
    """Nothing was chosen, or something that is not here or not open to destruction."""

    message_id = "error.register.disposal_empty"
    field = "item_ids"


class DisposalTwiceError(ConflictError):
    """The container stands in another destruction that waits for its witness."""

    message_id = "error.register.disposal_twice"
    field = "item_ids"


class MethodMissingError(InvalidError):
    """A destruction says how."""

    message_id = "error.register.method_missing"
    field = "method"


class DisposalNotFoundError(NotFoundError):
    """No such destruction here."""

    message_id = "error.register.disposal_not_found"


class DisposalOverError(ConflictError):
    """It was confirmed or cancelled already."""

    message_id = "error.register.disposal_over"


class OwnWitnessError(ConflictError):
    """Nobody witnesses their own destruction."""

    message_id = "error.register.own_witness"


class WitnessNeededError(ConflictError):
    """Destruction takes two accounts: one proposes, the other was there and confirms."""

    message_id = "error.register.witness_needed"


class NotHeldError(ConflictError):
    """No hold is on this sample."""

    message_id = "error.register.not_held"


class PeriodInvalidError(InvalidError):
    """The register's last day lies before its first one."""

    message_id = "error.register.period_invalid"
    field = "until"


class RefusalInvalidError(ConflictError):
    """Only a parcel that is under way and not being unpacked can be refused."""

    message_id = "error.register.refusal_invalid"


class ConsumptionSourceError(InvalidError):
    """No container of the sample is at this site to take the used mass from, or several are and none was chosen."""

    message_id = "error.register.consumption_source"
    field = "mass_used_mg"
