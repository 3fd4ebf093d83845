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


class RulesNotFoundError(AlertError, NotFoundError):
    """No such version of the rules."""

    message_id = "error.alert.rules_not_found"


class RulesBegunError(AlertError, ConflictError):
    """Another version of the rules is being edited already."""

    message_id = "error.alert.rules_begun"


class RulesStateError(AlertError, ConflictError):
    """These rules are no draft any more."""

    message_id = "error.alert.rules_state"


class OwnRulesError(AlertError, ForbiddenError):
    """Nobody activates rules that they changed."""

    message_id = "error.alert.own_rules"


class EpisodeNotFoundError(AlertError, NotFoundError):
    """No such episode, or not that result in it."""

    message_id = "error.alert.episode_not_found"


class EpisodeMergedError(AlertError, ConflictError):
    """This episode went on in another one, or it is the same."""

    message_id = "error.alert.episode_merged"


class EpisodeSplitError(AlertError, InvalidError):
    """A split takes some of an episode's samples, and leaves some."""

    message_id = "error.alert.episode_split"
    field = "results"


class SignalNotFoundError(AlertError, NotFoundError):
    """No such open signal."""

    message_id = "error.alert.signal_not_found"


class PhotoNotAllowedError(AlertError, InvalidError):
    """A photograph on an alert is of one of its samples, and may be kept."""

    message_id = "error.alert.photo_not_allowed"
    field = "photo"


class HistoryError(AlertError, InvalidError):
    """A history file for a replay cannot be read; ``line`` and ``problem`` say where and why."""

    message_id = "error.alert.history"


class DeviceNotFoundError(AlertError, NotFoundError):
    """No such browser of this account."""

    message_id = "error.alert.device_not_found"


class TooManyDevicesError(AlertError, ConflictError):
    """An account has as many browsers as it may."""

    message_id = "error.alert.too_many_devices"


class ScheduleInvalidError(AlertError, InvalidError):
    """A step of a site's escalation that cannot be used."""

    message_id = "error.alert.schedule_invalid"


class ScheduleWithoutWorkersError(AlertError, InvalidError):
    """A schedule tells somebody at once, or within the first hour: nobody is left waiting by a setting."""

    message_id = "error.alert.schedule_too_late"


class UnknownSubstanceError(AlertError, InvalidError):
    """A substance that the vocabulary does not know: an alert would never be found to name it."""

    message_id = "error.alert.unknown_substance"
    field = "substances"


class UnreadStepsInvalidError(AlertError, InvalidError):
    """A step for unread alerts that cannot be used."""

    message_id = "error.alert.unread_steps_invalid"


class ChannelNotOfferedError(AlertError, InvalidError):
    """This laboratory sends nothing by that channel, or has no such chat room."""

    message_id = "error.alert.channel_not_offered"
    field = "channel"


class HandOverError(AlertError, InvalidError):
    """A call-back is handed to somebody who may handle it at this site."""

    message_id = "error.alert.hand_over"
    field = "handed_to"
