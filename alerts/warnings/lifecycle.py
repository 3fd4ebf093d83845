"""The life of an alert's version, as one table: state, action, permission, guard, next state.

Services look here and nowhere else for what is allowed; ``tests/alerts/warnings`` walks every row.
"""

from dataclasses import dataclass
from enum import StrEnum

from alerts.errors import TransitionError
from alerts.vocabulary import Tier
from alerts.warnings.models import AlertAction, AlertState, VersionKind
from lab.network.access import Permission


class Guard(StrEnum):
    """What must hold besides state and permission; ``guards.py`` decides each."""

    TEXTS_COMPLETE = "texts_complete"  # in every language
    NOT_IN_DOUBT = "not_in_doubt"  # no open proposal to update or cancel it
    FOUNDED = "founded"  # a result still stands, for T2 and T3 with a confirmed finding; or a written override
    EXPIRES = "expires"  # later than now, within the tier's longest validity
    NOT_OWN_TEXT = "not_own_text"  # whoever last edited it does not approve it
    FIRST_TIME = "first_time"  # nobody approves the same edition twice
    LAST_APPROVAL = "last_approval"  # with this one there are enough
    MORE_APPROVALS = "more_approvals"  # another is needed after this one
    EMERGENCY_TIER = "emergency_tier"  # T2
    REASON = "reason"  # in writing
    AWAITS_COUNTERSIGN = "awaits_countersign"
    NOT_RELEASED_BY = "not_released_by"  # whoever released it does not countersign it
    BY_UPDATE = "by_update"
    BY_CANCEL = "by_cancel"
    BY_RETRACT = "by_retract"
    EXPIRED = "expired"
    CLOCKS_CANCEL = "clocks_cancel"  # the cancel that the clock wrote because nobody countersigned
    NOT_CLOCKS_CANCEL = "not_clocks_cancel"


@dataclass(frozen=True)
class Transition:
    """One row. ``permission`` None: no person does this, only the clock or the issue of a later version."""

    state: AlertState
    action: AlertAction
    permission: Permission | None
    guards: frozenset[Guard]
    next: AlertState


def _row(
    state: AlertState, action: AlertAction, permission: Permission | None, next_: AlertState, *guards: Guard
) -> Transition:
    return Transition(state, action, permission, frozenset(guards), next_)


_S, _A, _P, _G = AlertState, AlertAction, Permission, Guard
_PUBLISHABLE = (_G.TEXTS_COMPLETE, _G.FOUNDED, _G.NOT_IN_DOUBT, _G.EXPIRES)
_SECOND_PERSON = (_G.NOT_OWN_TEXT, _G.FIRST_TIME)

TRANSITIONS: tuple[Transition, ...] = (
    _row(_S.DRAFT, _A.EDIT, _P.ALERT_EDIT, _S.DRAFT),
    _row(_S.GRADED, _A.EDIT, _P.ALERT_EDIT, _S.GRADED),
    _row(_S.DRAFT, _A.OVERRIDE, _P.ALERT_EDIT, _S.DRAFT, _G.REASON),
    _row(_S.GRADED, _A.OVERRIDE, _P.ALERT_EDIT, _S.GRADED, _G.REASON),
    _row(_S.DRAFT, _A.GRADE, _P.ALERT_EDIT, _S.GRADED),
    _row(_S.GRADED, _A.GRADE, _P.ALERT_EDIT, _S.GRADED),
    _row(_S.DRAFT, _A.DISCARD, _P.ALERT_EDIT, _S.CANCELLED, _G.REASON),
    _row(_S.GRADED, _A.DISCARD, _P.ALERT_EDIT, _S.CANCELLED, _G.REASON),
    _row(_S.GRADED, _A.APPROVE, _P.ALERT_APPROVE, _S.GRADED, *_PUBLISHABLE, *_SECOND_PERSON, _G.MORE_APPROVALS),
    _row(_S.GRADED, _A.APPROVE, _P.ALERT_APPROVE, _S.ISSUED, *_PUBLISHABLE, *_SECOND_PERSON, _G.LAST_APPROVAL),
    _row(_S.DRAFT, _A.RELEASE, _P.ALERT_APPROVE, _S.ISSUED, *_PUBLISHABLE, _G.EMERGENCY_TIER, _G.REASON),
    _row(_S.GRADED, _A.RELEASE, _P.ALERT_APPROVE, _S.ISSUED, *_PUBLISHABLE, _G.EMERGENCY_TIER, _G.REASON),
    _row(
        _S.ISSUED, _A.COUNTERSIGN, _P.ALERT_APPROVE, _S.ISSUED,
        _G.AWAITS_COUNTERSIGN, _G.NOT_RELEASED_BY, _G.NOT_OWN_TEXT,
    ),
    _row(_S.ISSUED, _A.EXPIRE, None, _S.EXPIRED, _G.EXPIRED),
    _row(_S.ISSUED, _A.REPLACE, None, _S.UPDATED, _G.BY_UPDATE),
    _row(_S.ISSUED, _A.REPLACE, None, _S.CANCELLED, _G.BY_CANCEL),
    _row(_S.ISSUED, _A.REPLACE, None, _S.RETRACTED, _G.BY_RETRACT),
    _row(_S.GRADED, _A.LAPSE, None, _S.ISSUED, _G.CLOCKS_CANCEL, _G.TEXTS_COMPLETE),
    _row(_S.GRADED, _A.LAPSE, None, _S.CANCELLED, _G.NOT_CLOCKS_CANCEL),
    _row(_S.DRAFT, _A.LAPSE, None, _S.CANCELLED, _G.NOT_CLOCKS_CANCEL),
    _row(_S.EXPIRED, _A.REPLACE, None, _S.UPDATED, _G.BY_UPDATE),
    _row(_S.EXPIRED, _A.REPLACE, None, _S.CANCELLED, _G.BY_CANCEL),
    _row(_S.EXPIRED, _A.REPLACE, None, _S.RETRACTED, _G.BY_RETRACT),
)  # fmt: skip

ENDED = frozenset({AlertState.UPDATED, AlertState.EXPIRED, AlertState.CANCELLED, AlertState.RETRACTED})
OPEN = frozenset({AlertState.DRAFT, AlertState.GRADED})
WITHDRAWALS = frozenset({VersionKind.CANCEL, VersionKind.RETRACT})


def rows(state: AlertState, action: AlertAction) -> tuple[Transition, ...]:
    """The rows for this action in this state; raises :class:`TransitionError` when there are none."""
    found = tuple(row for row in TRANSITIONS if row.state is state and row.action is action)
    if not found:
        raise TransitionError(state=state.value, action=action.value)
    return found


def actions(state: AlertState) -> tuple[AlertAction, ...]:
    """What people may do in this state, each once, in the table's order."""
    return tuple(dict.fromkeys(row.action for row in TRANSITIONS if row.state is state and row.permission))


def approvals_needed(tier: Tier, kind: VersionKind) -> int:
    """How many people approve: two for the public, one otherwise; a withdrawal never waits for a second one."""
    return 2 if tier is Tier.T3 and kind not in WITHDRAWALS else 1
