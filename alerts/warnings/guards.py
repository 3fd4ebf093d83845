"""Each guard of the table, decided on one version. All of a row's guards must hold."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.errors import (
    AlertError,
    AlreadyApprovedError,
    ExpiryError,
    OwnTextError,
    ProposalOpenError,
    ReasonMissingError,
    TextsMissingError,
    TierError,
    TransitionError,
    UnconfirmedError,
)
from alerts.rules.model import Settings
from alerts.vocabulary import LANGUAGES, Tier
from alerts.warnings.lifecycle import WITHDRAWALS, Guard, Transition, approvals_needed
from alerts.warnings.models import Alert, AlertVersion, VersionKind


@dataclass(frozen=True)
class Situation:
    """All that the guards look at. ``approvers``: who approved this edition before."""

    alert: Alert
    version: AlertVersion
    settings: Settings
    at: datetime
    account_id: UUID | None = None
    reason: str = ""
    approvers: frozenset[UUID] = frozenset()
    standing: bool = False  # a result that it rests on still stands
    confirmed: bool = False  # one with a confirmed finding does
    in_doubt: bool = False  # there is an open proposal
    replaced_by: VersionKind | None = None
    photo_by: UUID | None = None  # who put the photograph on it

    @property
    def withdrawal(self) -> bool:
        return self.version.kind in WITHDRAWALS

    @property
    def author(self) -> UUID | None:
        """Whose text it is. A machine's draft that nobody edited belongs to whoever graded it."""
        return self.version.author_id or self.version.graded_by

    @property
    def hands(self) -> frozenset[UUID]:
        """Everybody whose own work an approval would approve: the text, the override, the photograph.

        Each by itself: who wrote the text does not become free to approve it because another wrote the override.
        """
        return frozenset(
            one for one in (self.author, self.version.override_by, self.photo_by) if one is not None
        )  # fmt: skip


def _founded(it: Situation) -> bool:
    if it.withdrawal or it.version.override_reason:
        return True
    return it.confirmed if it.alert.tier in {Tier.T2, Tier.T3} else it.standing


def _expires(it: Situation) -> bool:
    return it.at < it.version.expires_at <= it.at + it.settings.longest_validity[it.alert.tier]


def _enough(it: Situation) -> bool:
    return len(it.approvers | {it.account_id}) >= approvals_needed(it.alert.tier, it.version.kind)


def _awaits_countersign(it: Situation) -> bool:
    deadline = it.version.countersign_by
    return deadline is not None and it.version.countersigned_by is None and it.at < deadline


def _clocks_cancel(it: Situation) -> bool:
    """A cancel that a person began has that person as its author."""
    return it.version.kind is VersionKind.CANCEL and it.version.author_id is None


_CHECKS: dict[Guard, tuple[Callable[[Situation], bool], type[AlertError]]] = {
    Guard.TEXTS_COMPLETE: (lambda it: set(LANGUAGES) <= set(it.version.texts), TextsMissingError),
    Guard.FOUNDED: (_founded, UnconfirmedError),
    Guard.NOT_IN_DOUBT: (lambda it: not it.in_doubt, ProposalOpenError),
    Guard.EXPIRES: (_expires, ExpiryError),
    Guard.NOT_OWN_TEXT: (lambda it: it.account_id not in it.hands, OwnTextError),
    Guard.FIRST_TIME: (lambda it: it.account_id not in it.approvers, AlreadyApprovedError),
    Guard.LAST_APPROVAL: (_enough, TransitionError),
    Guard.MORE_APPROVALS: (lambda it: not _enough(it), TransitionError),
    Guard.EMERGENCY_TIER: (lambda it: it.alert.tier is Tier.T2, TierError),
    Guard.REASON: (lambda it: bool(it.reason.strip()), ReasonMissingError),
    Guard.AWAITS_COUNTERSIGN: (_awaits_countersign, TransitionError),
    Guard.NOT_RELEASED_BY: (lambda it: it.account_id != it.version.released_by, OwnTextError),
    Guard.BY_UPDATE: (lambda it: it.replaced_by is VersionKind.UPDATE, TransitionError),
    Guard.BY_CANCEL: (lambda it: it.replaced_by is VersionKind.CANCEL, TransitionError),
    Guard.BY_RETRACT: (lambda it: it.replaced_by is VersionKind.RETRACT, TransitionError),
    Guard.CLOCKS_CANCEL: (_clocks_cancel, TransitionError),
    Guard.NOT_CLOCKS_CANCEL: (lambda it: not _clocks_cancel(it), TransitionError),
    Guard.EXPIRED: (lambda it: it.version.expires_at <= it.at, TransitionError),
}

_CHOOSERS = frozenset({
    Guard.LAST_APPROVAL, Guard.MORE_APPROVALS, Guard.BY_UPDATE, Guard.BY_CANCEL, Guard.BY_RETRACT,
    Guard.CLOCKS_CANCEL, Guard.NOT_CLOCKS_CANCEL,
})  # fmt: skip
"""Guards that tell rows of one action apart; all others forbid."""


def holds(guard: Guard, it: Situation) -> bool:
    """Whether ``guard`` holds."""
    return _CHECKS[guard][0](it)


def choose(rows: Iterable[Transition], it: Situation) -> Transition:
    """The row to take; raises the error of the first guard that forbids it."""
    for row in rows:
        if all(holds(guard, it) for guard in row.guards & _CHOOSERS):
            _require(row, it)
            return row
    raise TransitionError(state=it.version.state.value, action="none")


def _require(row: Transition, it: Situation) -> None:
    for guard in Guard:  # in the order of the enumeration, so that the first complaint is always the same
        if guard in row.guards and not holds(guard, it):
            error = _CHECKS[guard][1]
            raise error(state=row.state.value, action=row.action.value) if error is TransitionError else error()
