"""What can go wrong with encounters and their questionnaires."""

from collections.abc import Sequence

from lab.errors import ConflictError, InvalidError, NotFoundError
from lab.kit.messages import Message


class EncounterNotFoundError(NotFoundError):
    """No such encounter, or not for this account."""

    message_id = "error.encounter.not_found"


class QuestionnaireNotFoundError(NotFoundError):
    """No such version of a questionnaire."""

    message_id = "error.questionnaire.not_found"


class AnswerError(InvalidError):
    """An answer that its question does not allow; ``field`` is the question's."""

    message_id = "error.encounter.answer"


class AnswerTooLongError(InvalidError):
    """More words than the question takes."""

    message_id = "error.encounter.too_long"


class AnswerOutOfRangeError(InvalidError):
    """A number outside what the question allows."""

    message_id = "error.encounter.out_of_range"


class QuestionUnknownError(InvalidError):
    """An answer to a question that is not asked at this site."""

    message_id = "error.encounter.question_unknown"


class EncounterSiteClosedError(InvalidError):
    """No such site, or it is closed."""

    message_id = "error.encounter.site_closed"
    field = "site_id"


class MetInFutureError(InvalidError):
    """Met after today."""

    message_id = "error.encounter.future"
    field = "met_on"


class EncounterIdReusedError(ConflictError):
    """The device sent another encounter under a key that it has used before."""

    message_id = "error.encounter.client_id_reused"
    field = "client_id"


class AlreadyCorrectedError(ConflictError):
    """Somebody corrected this encounter already; the newer one is the one to correct."""

    message_id = "error.encounter.already_corrected"


class QuestionnaireTakenError(ConflictError):
    """This version of the questionnaire is there already: give the file a higher version."""

    message_id = "error.questionnaire.taken"
    field = "file"


class PeriodInvalidError(InvalidError):
    """Neither a calendar year nor a quarter of one."""

    message_id = "error.encounter.period"
    field = "period"


class DefinitionError(InvalidError):
    """A file that is no questionnaire; ``faults`` says where and what, one message each."""

    message_id = "error.questionnaire.refused"
    field = "file"

    def __init__(self, faults: Sequence[tuple[str, Message]]) -> None:
        super().__init__(n=len(faults))
        self.faults = tuple(faults)
