"""The table of states, walked row by row and at random."""

from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.errors import AlertError, OwnTextError, TransitionError
from alerts.rules.loader import shipped_rules
from alerts.vocabulary import LANGUAGES, Tier
from alerts.warnings.guards import Situation, choose
from alerts.warnings.lifecycle import ENDED, OPEN, TRANSITIONS, actions, approvals_needed, rows
from alerts.warnings.models import Alert, AlertAction, AlertState, AlertVersion, VersionKind
from lab.kit.clock import now
from lab.network.access import Permission

PEOPLE = [UUID(int=number) for number in range(1, 4)]
AUTHOR, OTHER, THIRD = PEOPLE


def situation(
    *, tier: Tier = Tier.T2, state: AlertState = AlertState.GRADED, kind: VersionKind = VersionKind.ALERT,
    author: UUID | None = AUTHOR, account: UUID | None = OTHER, approvers: frozenset[UUID] = frozenset(),
    confirmed: bool = True, standing: bool = True, in_doubt: bool = False, override: str | None = None,
    languages: tuple[str, ...] = LANGUAGES, valid_days: float = 7, reason: str = "a reason",
    graded_by: UUID | None = THIRD, replaced_by: VersionKind | None = None,
) -> Situation:  # fmt: skip
    alert = Alert(tier=tier)
    version = AlertVersion(
        alert_id=alert.id, number=1, kind=kind, state=state, author_id=author, graded_by=graded_by,
        texts={one: {} for one in languages}, override_reason=override, expires_at=now() + timedelta(days=valid_days),
    )  # fmt: skip
    return Situation(
        alert=alert, version=version, settings=shipped_rules().settings, at=now(), account_id=account,
        reason=reason, approvers=approvers, standing=standing, confirmed=confirmed, in_doubt=in_doubt,
        replaced_by=replaced_by,
    )  # fmt: skip


def take(action: AlertAction, it: Situation) -> AlertState:
    return choose(rows(it.version.state, action), it).next


def test_what_is_not_in_the_table_is_refused() -> None:
    known = {(row.state, row.action) for row in TRANSITIONS}
    for state, action in product(AlertState, AlertAction):
        if (state, action) not in known:
            with pytest.raises(TransitionError):
                rows(state, action)


def test_people_do_nothing_to_what_has_ended() -> None:
    assert all(actions(state) == () for state in ENDED)


def test_only_approvers_bring_anything_into_the_world() -> None:
    issuing = [row for row in TRANSITIONS if row.next is AlertState.ISSUED and row.state in OPEN]
    by_people = [row for row in issuing if row.action is not AlertAction.LAPSE]  # the clock only ever withdraws
    assert {row.action for row in by_people} == {AlertAction.APPROVE, AlertAction.RELEASE}
    assert {row.permission for row in by_people} == {Permission.ALERT_APPROVE}


def test_the_clock_issues_nothing_but_its_own_cancel() -> None:
    assert take(AlertAction.LAPSE, situation(kind=VersionKind.CANCEL, author=None)) is AlertState.ISSUED
    for kind in VersionKind:
        assert take(AlertAction.LAPSE, situation(kind=kind)) is AlertState.CANCELLED
        assert (
            kind is VersionKind.CANCEL
            or take(AlertAction.LAPSE, situation(kind=kind, author=None)) is AlertState.CANCELLED
        )


def test_every_state_leads_to_an_end() -> None:
    reached = set(ENDED)
    for _ in AlertState:
        reached |= {row.state for row in TRANSITIONS if row.next in reached}
    assert reached == set(AlertState)


def test_a_professional_alert_needs_one_other_person_a_public_one_two() -> None:
    assert take(AlertAction.APPROVE, situation(tier=Tier.T2)) is AlertState.ISSUED
    assert take(AlertAction.APPROVE, situation(tier=Tier.T3)) is AlertState.GRADED
    second = situation(tier=Tier.T3, account=THIRD, approvers=frozenset({OTHER}))
    assert take(AlertAction.APPROVE, second) is AlertState.ISSUED


def test_a_draft_that_nobody_graded_cannot_be_approved() -> None:
    with pytest.raises(TransitionError):
        take(AlertAction.APPROVE, situation(state=AlertState.DRAFT))


def test_a_machine_draft_belongs_to_whoever_graded_it() -> None:
    with pytest.raises(OwnTextError):
        take(AlertAction.APPROVE, situation(author=None, graded_by=OTHER))


@given(
    tier=st.sampled_from([Tier.T1, Tier.T2, Tier.T3]),
    kind=st.sampled_from(VersionKind),
    state=st.sampled_from(AlertState),
    author=st.sampled_from([None, *PEOPLE]),
    graded_by=st.sampled_from([None, *PEOPLE]),
    account=st.sampled_from(PEOPLE),
    approvers=st.frozensets(st.sampled_from(PEOPLE)),
    confirmed=st.booleans(),
    standing=st.booleans(),
    in_doubt=st.booleans(),
    override=st.sampled_from([None, "three hospitals report the same"]),
    languages=st.sampled_from([LANGUAGES, LANGUAGES[:2], ()]),
    valid_days=st.sampled_from([-1, 0.5, 7, 400]),
)
def test_nothing_is_issued_by_approval_unless_all_conditions_hold(**values: object) -> None:
    it = situation(**values)  # type: ignore[arg-type]  # each strategy gives what its parameter takes
    try:
        state = take(AlertAction.APPROVE, it)
    except AlertError:
        return
    version = it.version
    withdrawal = version.kind in {VersionKind.CANCEL, VersionKind.RETRACT}
    assert version.state is AlertState.GRADED
    assert it.account_id not in {version.author_id or version.graded_by, *it.approvers}
    assert set(version.texts) == set(LANGUAGES)
    assert not it.in_doubt
    assert it.at < version.expires_at
    if not withdrawal and not version.override_reason:
        assert it.confirmed if it.alert.tier in {Tier.T2, Tier.T3} else it.standing
    enough = len({*it.approvers, it.account_id}) >= approvals_needed(it.alert.tier, version.kind)
    assert (state is AlertState.ISSUED) == enough


@given(tier=st.sampled_from(list(Tier)), reason=st.sampled_from(["", "  ", "deaths tonight"]))
def test_only_a_t2_is_released_by_one_person_and_only_with_a_reason(tier: Tier, reason: str) -> None:
    if tier is Tier.T0:
        return
    it = situation(tier=tier, reason=reason, account=AUTHOR)
    try:
        state = take(AlertAction.RELEASE, it)
    except AlertError:
        assert tier is not Tier.T2 or not reason.strip()
        return
    assert (tier, state, bool(reason.strip())) == (Tier.T2, AlertState.ISSUED, True)


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (VersionKind.UPDATE, AlertState.UPDATED),
        (VersionKind.CANCEL, AlertState.CANCELLED),
        (VersionKind.RETRACT, AlertState.RETRACTED),
    ],
)
def test_a_later_version_says_what_became_of_the_older(kind: VersionKind, state: AlertState) -> None:
    assert take(AlertAction.REPLACE, situation(state=AlertState.ISSUED, replaced_by=kind)) is state


def test_a_countersignature_is_another_persons_and_in_time() -> None:
    it = situation(state=AlertState.ISSUED)
    it.version.released_by, it.version.countersign_by = OTHER, now() + timedelta(hours=1)
    with pytest.raises(OwnTextError):
        take(AlertAction.COUNTERSIGN, it)
    it.version.released_by = uuid4()
    assert take(AlertAction.COUNTERSIGN, it) is AlertState.ISSUED
    it.version.countersign_by = now() - timedelta(seconds=1)
    with pytest.raises(TransitionError):
        take(AlertAction.COUNTERSIGN, it)
