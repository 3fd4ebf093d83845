"""What can go wrong with analyses, findings and results."""

from lab.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError


class AnalysisNotFoundError(NotFoundError):
    """No such analysis of this sample."""

    message_id = "error.analysis.not_found"


class SampleNotHereError(ForbiddenError):
    """The site has never held the sample, so it cannot have analysed it."""

    message_id = "error.analysis.sample_not_here"
    field = "site_id"


class DetectionLimitMissingError(InvalidError):
    """An analysis says what it cannot see."""

    message_id = "error.analysis.detection_limit_missing"
    field = "detection_limit_note"


class PerformedOnError(InvalidError):
    """Performed after today or before the sample was collected."""

    message_id = "error.analysis.performed_on"
    field = "performed_on"


class OutcomeContradictsError(InvalidError):
    """The outcome and the findings do not say the same."""

    message_id = "error.analysis.outcome_contradicts"
    field = "outcome"


class LaneMismatchError(InvalidError):
    """The lane of that reading does not carry this sample, or the reading is not of this site."""

    message_id = "error.analysis.lane_mismatch"
    field = "lane_index"


class ReadingSupersededError(ConflictError):
    """A later reading of the same picture exists."""

    message_id = "error.analysis.reading_superseded"
    field = "reading_id"


class ReadingNotTlcError(InvalidError):
    """A plate reading under a technique that reads no plates."""

    message_id = "error.analysis.reading_not_tlc"
    field = "reading_id"


class SubstanceMissingError(InvalidError):
    """A substance that the library does not have."""

    message_id = "error.finding.substance_unknown"
    field = "substance_id"


class TargetNotAskedError(InvalidError):
    """Only a strip or a colour test looks for one group alone."""

    message_id = "error.analysis.target_not_asked"
    field = "target_class"


class AnalysisKeyReusedError(ConflictError):
    """Another analysis was sent under a key that has been used before."""

    message_id = "error.analysis.client_id_reused"
    field = "client_id"


class GroupUnknownError(InvalidError):
    """A group of substances that the library does not have."""

    message_id = "error.finding.group_unknown"
    field = "substance_class"


class RoleMissingError(InvalidError):
    """The part a cutting agent plays is a chemist's judgement and cannot be derived."""

    message_id = "error.finding.role_missing"
    field = "role"


class RoleContradictsError(InvalidError):
    """The role does not fit what was found or what the product was sold as."""

    message_id = "error.finding.role_contradicts"
    field = "role"


class AmountNotMeasuredError(InvalidError):
    """This technique carries no quantity into a finding."""

    message_id = "error.finding.amount_not_measured"
    field = "amount"


class AmountInvalidError(InvalidError):
    """An amount without unit, out of range, or with an uncertainty that is none."""

    message_id = "error.finding.amount_invalid"
    field = "amount"


class FindingTwiceError(InvalidError):
    """One substance twice in one analysis."""

    message_id = "error.finding.twice"
    field = "findings"


class ResultNotFoundError(NotFoundError):
    """No such result, or not for this account."""

    message_id = "error.result.not_found"


class ActionRefusedError(ConflictError):
    """The result is not in a state from which this can be done."""

    message_id = "error.result.action_refused"


class OwnWorkError(ForbiddenError):
    """Nobody verifies what they found, ran or drafted themselves."""

    message_id = "error.result.own_work"


class ChecklistMissingError(InvalidError):
    """A line of the verifier's checklist is not answered."""

    message_id = "error.result.checklist_missing"
    field = "checks"


class CheckNotApplicableError(InvalidError):
    """A line of the checklist that applies to this answer was passed over."""

    message_id = "error.result.check_not_applicable"
    field = "checks"


class RestsOnNothingError(InvalidError):
    """An answer needs at least one analysis."""

    message_id = "error.result.rests_on_nothing"
    field = "analysis_ids"


class FindingForeignError(InvalidError):
    """A finding that belongs to none of the analyses the answer rests on."""

    message_id = "error.result.finding_foreign"
    field = "finding_ids"


class OpenVersionError(ConflictError):
    """A version of this answer is already being worked on."""

    message_id = "error.result.open_version"


class AnswerStandsError(ConflictError):
    """There is an answer already: it is amended, not drafted anew."""

    message_id = "error.result.answer_stands"


class ReasonMissingError(InvalidError):
    """This is not done without saying why."""

    message_id = "error.result.reason_missing"
    field = "reason"


class ReasonTooLongError(InvalidError):
    """More words than are kept."""

    message_id = "error.result.reason_too_long"
    field = "reason"


class PreliminaryNotAllowedError(ForbiddenError):
    """The site gives no preliminary answers, or this one was given already."""

    message_id = "error.result.preliminary_not_allowed"


class TextMissingError(InvalidError):
    """The answer is not written in every language."""

    message_id = "error.result.text_missing"
    field = "texts"


class TextReassuresError(InvalidError):
    """A text that calls a substance or a sample safe, in whatever words."""

    message_id = "error.result.text_reassures"
    field = "texts"


class ConfirmationNotFoundError(NotFoundError):
    """No open request for confirmation under that key."""

    message_id = "error.confirmation.not_found"


class ConfirmationOpenError(ConflictError):
    """Another technique has been asked already."""

    message_id = "error.confirmation.open"


class ConfirmationReasonError(InvalidError):
    """A reason that SINTES does not have."""

    message_id = "error.confirmation.reason"
    field = "reason"


class DueOnError(InvalidError):
    """A due date in the past, or more than a year away."""

    message_id = "error.confirmation.due_on"
    field = "due_on"


class ImportFileError(InvalidError):
    """The file as a whole cannot be read; its kinds say why."""

    message_id = "error.import.file"
    field = "file"


class ImportTooLargeError(ImportFileError):
    """More bytes or lines than are taken at once."""

    message_id = "error.import.too_large"


class ImportEncodingError(ImportFileError):
    """Not UTF-8."""

    message_id = "error.import.encoding"


class ImportColumnsError(ImportFileError):
    """Columns that must be there are not."""

    message_id = "error.import.columns"


class ImportCsvError(ImportFileError):
    """No CSV from this line on."""

    message_id = "error.import.csv"


class ImportFileMissingError(ImportFileError):
    """No file was chosen, or an empty one."""

    message_id = "error.import.missing"
