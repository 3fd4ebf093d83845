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


class NothingToExportError(NotFoundError):
    """No event of what was asked for."""

    message_id = "error.custody.nothing_to_export"


class KeyFileError(InvalidError):
    """The file with the signing key cannot be used."""

    message_id = "error.custody.key_file"
