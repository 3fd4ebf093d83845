"""The errors of ``alerts``. Each belongs to a family of ``lab.errors``, so that ``api`` knows its status.

:class:`AlertError` is the root: catching it catches all of them.
"""

from lab.errors import ConflictError, ForbiddenError, InvalidError, LabError, NotFoundError


class AlertError(LabError):
    """Root of this package's errors."""

    message_id = "error.alert"


class AlertNotFoundError(AlertError, NotFoundError):
    """No such alert."""

    message_id = "error.alert.not_found"


class TaskNotFoundError(AlertError, NotFoundError):
    """No such call-back task, or not at a site of this account."""

    message_id = "error.alert.task_not_found"


class TaskClosedError(AlertError, ConflictError):
    """The call-back was confirmed already."""

    message_id = "error.alert.task_closed"


class TaskNoteMissingError(AlertError, InvalidError):
    """A call-back is confirmed with what was said."""

    message_id = "error.alert.task_note_missing"
    field = "said"


class TransitionError(AlertError, ConflictError):
    """The alert is not in a state that allows this action."""

    message_id = "error.alert.transition"


class OwnTextError(AlertError, ForbiddenError):
    """Nobody approves a text that they wrote."""

    message_id = "error.alert.own_text"


class AlreadyApprovedError(AlertError, ConflictError):
    """This account has approved this text already; the second approval is another person's."""

    message_id = "error.alert.already_approved"


class EditionError(AlertError, ConflictError):
    """The text changed since it was read."""

    message_id = "error.alert.edition"


class UnconfirmedError(AlertError, ConflictError):
    """T2 and T3 need a confirmed finding or a written override."""

    message_id = "error.alert.unconfirmed"


class ProposalOpenError(AlertError, ConflictError):
    """A result that this alert rests on was amended or retracted; the proposal is decided first."""

    message_id = "error.alert.proposal_open"


class ProposalNotFoundError(AlertError, NotFoundError):
    """No such open proposal."""

    message_id = "error.alert.proposal_not_found"


class TextsMissingError(AlertError, ConflictError):
    """The alert is not written in every language yet."""

    message_id = "error.alert.texts_missing"


class ExpiryError(AlertError, InvalidError):
    """Every alert expires, later than now and within the longest validity of its tier."""

    message_id = "error.alert.expiry"
    field = "expires_at"


class TierError(AlertError, ConflictError):
    """This action is not for this tier."""

    message_id = "error.alert.tier"


class ReasonMissingError(AlertError, InvalidError):
    """This action needs its reason in writing."""

    message_id = "error.alert.reason_missing"
    field = "reason"


class TextInvalidError(AlertError, InvalidError):
    """A text is too long, empty, or calls a substance safe."""

    message_id = "error.alert.text_invalid"


class SubscriptionNotFoundError(AlertError, NotFoundError):
    """No such subscription or token; the two are not told apart."""

    message_id = "error.alert.subscription_not_found"


class AudienceError(AlertError, InvalidError):
    """This audience may not receive this tier."""

    message_id = "error.alert.audience"
    field = "tiers"


class EndpointInvalidError(AlertError, InvalidError):
    """An address that nothing can be sent to."""

    message_id = "error.alert.endpoint_invalid"
    field = "address"


class DeliveryNotFoundError(AlertError, NotFoundError):
    """No such delivery."""

    message_id = "error.alert.delivery_not_found"


class RulesError(AlertError, InvalidError):
    """The rule file cannot be used; ``problem`` says where and why."""

    message_id = "error.alert.rules"


class HistoryError(AlertError, InvalidError):
    """A history file for a replay cannot be read; ``line`` and ``problem`` say where and why."""

    message_id = "error.alert.history"
