"""The states of a result and the ways between them, as data. What is not in the table is refused.

``SUPERSEDE`` is nobody's wish: it befalls the older version in the moment its amendment is verified. A preliminary
answer changes no state: the result stays submitted and is still to be verified.
"""

from dataclasses import dataclass
from enum import StrEnum

from lab.network.access import Permission
from lab.results.models import ResultAction, ResultState


class Guard(StrEnum):
    """What must hold beside the state and the permission."""

    RESTS_ON_ANALYSES = "rests_on_analyses"
    NOT_OWN_WORK = "not_own_work"
    REASON = "reason"
    PRELIMINARY_ALLOWED = "preliminary_allowed"
    TEXTS = "texts"
    NO_OPEN_VERSION = "no_open_version"
    PLATES_PASS = "plates_pass"  # noqa: S105 -- a guard, no password
    CHECKLIST = "checklist"


@dataclass(frozen=True)
class Step:
    """From ``state``, ``action`` by somebody with ``permission`` leads to ``next`` where every guard holds.

    Without ``permission`` it is the consequence of another step and nobody's own action.
    """

    state: ResultState
    action: ResultAction
    permission: Permission | None
    guards: frozenset[Guard]
    next: ResultState


def _step(
    state: ResultState, action: ResultAction, permission: Permission | None, next_state: ResultState, *guards: Guard
) -> Step:
    return Step(state, action, permission, frozenset(guards), next_state)


S, A, P, G = ResultState, ResultAction, Permission, Guard
TABLE: tuple[Step, ...] = (
    _step(S.DRAFT, A.REVISE, P.RESULT_WRITE, S.DRAFT),
    _step(S.DRAFT, A.SUBMIT, P.RESULT_WRITE, S.SUBMITTED, G.RESTS_ON_ANALYSES),
    _step(S.SUBMITTED, A.RELEASE_PRELIMINARY, P.RESULT_REPORT, S.SUBMITTED, G.PRELIMINARY_ALLOWED, G.TEXTS),
    _step(S.SUBMITTED, A.RETURN, P.RESULT_VERIFY, S.DRAFT, G.REASON),
    _step(
        S.SUBMITTED,
        A.VERIFY,
        P.RESULT_VERIFY,
        S.VERIFIED,
        G.RESTS_ON_ANALYSES,
        G.NOT_OWN_WORK,
        G.PLATES_PASS,
        G.CHECKLIST,
    ),
    _step(S.VERIFIED, A.REPORT, P.RESULT_REPORT, S.REPORTED, G.TEXTS),
    _step(S.VERIFIED, A.AMEND, P.RESULT_WRITE, S.VERIFIED, G.REASON, G.NO_OPEN_VERSION),
    _step(S.REPORTED, A.AMEND, P.RESULT_WRITE, S.REPORTED, G.REASON, G.NO_OPEN_VERSION),
    _step(S.VERIFIED, A.RETRACT, P.RESULT_VERIFY, S.RETRACTED, G.REASON),
    _step(S.REPORTED, A.RETRACT, P.RESULT_VERIFY, S.RETRACTED, G.REASON),
    _step(S.VERIFIED, A.SUPERSEDE, None, S.AMENDED),
    _step(S.REPORTED, A.SUPERSEDE, None, S.AMENDED),
)
_BY_KEY = {(step.state, step.action): step for step in TABLE}


def find_step(state: ResultState, action: ResultAction) -> Step | None:
    """The way that ``action`` opens from ``state``, if there is one."""
    return _BY_KEY.get((state, action))


def actions_from(state: ResultState) -> tuple[ResultAction, ...]:
    """What a person can do to a result in ``state`` as it is; revising is choosing what it rests on."""
    return tuple(step.action for step in TABLE if step.state is state and step.action not in {A.SUPERSEDE, A.REVISE})
