"""What can go wrong with custody, one class per fact."""

from lab.errors import ConflictError, InvalidError, NotFoundError


class ItemNotFoundError(NotFoundError):
    """No such item."""

    message_id = "error.custody.item_not_found"


class ParcelNotFoundError(NotFoundError):
    """No such parcel."""

    message_id = "error.custody.parcel_not_found"


class SiteUnknownError(InvalidError):
    """No such site."""

    message_id = "error.custody.site_unknown"


class NotAllowedError(ConflictError):
    """The item's state does not allow this action."""

    message_id = "error.custody.not_allowed"


class NotSealedError(ConflictError):
    """Only a sealed item may travel."""

    message_id = "error.custody.not_sealed"


class SealedError(ConflictError):
    """Nothing can be taken from a sealed item before its opening is recorded."""

    message_id = "error.custody.sealed"


class NotWeighedError(ConflictError):
    """Nothing can be taken from an item whose mass is not known."""

    message_id = "error.custody.not_weighed"


class TooMuchError(ConflictError):
    """More would be taken than the item holds."""

    message_id = "error.custody.too_much"
    field = "mass_mg"


class MassInvalidError(InvalidError):
    """Not a mass: negative, not finite, or too large."""

    message_id = "error.custody.mass_invalid"
    field = "mass_mg"


class ReturnOffError(ConflictError):
    """The network has declared no legal basis for giving material back."""

    message_id = "error.custody.return_off"


class EventInvalidError(InvalidError):
    """The event lacks what its action needs, or has a field that it cannot have."""

    message_id = "error.custody.event_invalid"


class AfterUnknownError(ConflictError):
    """The event follows one that this log has not seen; it must be sent first."""

    message_id = "error.custody.after_unknown"
    field = "after"


class EventDiffersError(ConflictError):
    """An event with this id, or this number of this device, is recorded already and says something else."""

    message_id = "error.custody.event_differs"


class CorrectionInvalidError(InvalidError):
    """The event that is to be corrected cannot be corrected so."""

    message_id = "error.custody.correction_invalid"
    field = "corrects_id"


class ParcelStateError(ConflictError):
    """The parcel is no longer in the state that this needs."""

    message_id = "error.custody.parcel_state"


class ParcelEmptyError(InvalidError):
    """A parcel needs at least one item, each once, and all at its site of departure."""

    message_id = "error.custody.parcel_items"
    field = "item_ids"


class ParcelRefusedError(ConflictError):
    """The parcel was refused here and is on its way back."""

    message_id = "error.custody.parcel_refused"


class SealUsedError(ConflictError):
    """Another parcel on its way carries this seal number."""

    message_id = "error.custody.seal_used"
    field = "seal_number"


class InOtherParcelError(ConflictError):
    """The item is packed in another parcel that has not arrived."""

    message_id = "error.custody.in_other_parcel"
    field = "item_ids"


class NotThereError(ConflictError):
    """The item was never at the site that packed it, as far as is known here."""

    message_id = "error.custody.not_there"


class HandoverOverError(ConflictError):
    """The offer was taken, withdrawn, or replaced by another one."""

    message_id = "error.custody.handover_over"


class OtherSealError(InvalidError):
    """The number read on the parcel in hand is not the number of the parcel that was offered."""

    message_id = "error.custody.other_seal"
    field = "seal_number"


class ReceiverUnknownError(InvalidError):
    """No such account, or it does not handle custody here."""

    message_id = "error.custody.receiver_unknown"
    field = "receiver"


class ReceiverAbsentError(InvalidError):
    """Nobody confirmed the receiving side."""

    message_id = "error.custody.receiver_absent"
    field = "confirmed"


class ReceivingNotFoundError(NotFoundError):
    """No such receiving, or no such scan in it."""

    message_id = "error.custody.receiving_not_found"


class ReceivingClosedError(ConflictError):
    """The parcel has been unpacked and its receiving closed."""

    message_id = "error.custody.receiving_closed"


class LabelTwiceError(ConflictError):
    """Two containers carry this label; the numbers on their seals tell them apart."""

    message_id = "error.custody.label_twice"
    field = "scan"


class NotReadableError(InvalidError):
    """Neither the code of a sample nor the number of a seal that is known."""

    message_id = "error.custody.not_readable"
    field = "scan"


class ParcelSealMissingError(InvalidError):
    """Nobody said yet how the parcel's seal looked."""

    message_id = "error.custody.parcel_seal_missing"
    field = "seal_state"


class NothingScannedError(InvalidError):
    """Nothing was scanned."""

    message_id = "error.custody.nothing_scanned"
    field = "scan"


class SampleScannedError(InvalidError):
    """A sample's code where a parcel's seal belongs."""

    message_id = "error.custody.sample_scanned"


class ParcelScannedError(InvalidError):
    """A parcel's label where a sample's code belongs."""

    message_id = "error.custody.parcel_scanned"
    field = "scan"


class TicketScannedError(InvalidError):
    """A person's ticket where a sample's code belongs; it is not for the laboratory."""

    message_id = "error.custody.ticket_scanned"
    field = "scan"


class NothingToExportError(NotFoundError):
    """No event of what was asked for."""

    message_id = "error.custody.nothing_to_export"


class KeyFileError(InvalidError):
    """The file with the signing key cannot be used."""

    message_id = "error.custody.key_file"


class OnHoldError(ConflictError):
    """An authority's hold is on the sample: nothing of it is destroyed or given back."""

    message_id = "error.custody.on_hold"


class KeyChangedAlreadyError(ConflictError):
    """The log is signed by another key than the one in the file."""

    message_id = "error.custody.key_changed_already"


class NotTheLogsKeyError(ConflictError):
    """The key in the file is missing, or is not the one that signed this log."""

    message_id = "error.custody.not_the_logs_key"


class ReceiptNotFoundError(NotFoundError):
    """No receipt has this code."""

    message_id = "error.custody.receipt_not_found"


class CheckpointNotFoundError(NotFoundError):
    """No checkpoint of this size was signed."""

    message_id = "error.custody.checkpoint_not_found"
