"""Why somebody is written to, and the name of the work that does it."""

from enum import StrEnum
from uuid import UUID

NOTIFY = "alerts.contacts"
ERASE = "alerts.contacts_erase"


class Cause(StrEnum):
    """What a message to a person's own contact is about. The message says no more than this."""

    PRELIMINARY = "preliminary"  # an answer is there, not checked by a second person yet
    READY = "ready"
    CHANGED = "changed"  # the answer they were given does not hold any more
    CALL_BACK = "call_back"  # T0


def key_of(cause: Cause, subject_id: UUID) -> str:
    """What a delivery is remembered by: of each cause and subject one message per contact."""
    return f"{cause.value}:{subject_id}"


def cause_of(key: str) -> Cause:
    """The cause in what :func:`key_of` made."""
    return Cause(key.partition(":")[0])
