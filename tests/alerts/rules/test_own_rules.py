"""A network's own rules: begun, changed, activated by somebody who changed nothing in them, readable for ever."""

import pytest
from sqlmodel import select

from alerts.errors import EditionError, OwnRulesError, ReasonMissingError, RulesBegunError, RulesError, RulesStateError
from alerts.evaluations.models import Evaluation, Stage
from alerts.own_history import own_history
from alerts.replay import changes, replay_samples
from alerts.rules import service
from alerts.rules.active import active_rules, rules_of
from alerts.rules.editing import table_of, with_table
from alerts.rules.loader import shipped_rules, shipped_text
from alerts.rules.models import NetworkRules
from alerts.vocabulary import Tier
from alerts.warnings.store import latest_version
from lab.errors import ForbiddenError
from tests.alerts.house import House

WORDS = {
    language: {"headline": "KETAMINE {product}: {found}", "risk": "A risk.", "advice": ["First.", "Second."]}
    for language in ("fr", "nl", "en")
}
OWN = {
    "id": "ketamine_here", "tiers": ["T1"], "when": {"found": "ketamine"}, "words": WORDS,
    "sources": ["minutes of the network's meeting, 3 July"],
}  # fmt: skip
GROUP = {"id": "ketamine", "substances": ["ketamine"], "source": "minutes of the meeting"}


def begun(house: House) -> NetworkRules:
    return service.begin(house.session, actor=house.coordinator, reason="ketamine turns up")


def changed(house: House, row: NetworkRules, **more: object) -> NetworkRules:
    text = with_table(with_table(row.text, "group", GROUP), "rule", OWN | more)
    return service.save(
        house.session, actor=house.coordinator, rules_id=row.id, edition=row.edition, text=text,
        about="ketamine_here", reason="decided",
    )  # fmt: skip


def test_until_somebody_else_activates_them_the_shipped_rules_hold(house: House) -> None:
    row = changed(house, begun(house))
    assert active_rules(house.session) is shipped_rules()
    with pytest.raises(ForbiddenError):
        service.activate(house.session, actor=house.coordinator, rules_id=row.id, edition=row.edition)
    service.activate(house.session, actor=house.approver, rules_id=row.id, edition=row.edition)
    assert active_rules(house.session).version == "network-1"


def test_nobody_activates_what_they_changed_even_when_another_changed_it_last(house: House) -> None:
    row = begun(house)
    for actor in (house.approver, house.coordinator):
        row = service.save(
            house.session, actor=actor, rules_id=row.id, edition=row.edition, text=with_table(row.text, "group", GROUP),
            about="ketamine", reason="why",
        )  # fmt: skip
    with pytest.raises(OwnRulesError):
        service.activate(house.session, actor=house.approver, rules_id=row.id, edition=row.edition)
    assert service.activate(
        house.session, actor=house.second_approver, rules_id=row.id, edition=row.edition
    ).activated_by


def test_an_edition_that_was_not_read_is_not_activated(house: House) -> None:
    row = changed(house, begun(house))
    with pytest.raises(EditionError):
        service.activate(house.session, actor=house.approver, rules_id=row.id, edition=0)


def test_what_is_wrong_changes_nothing(house: House) -> None:
    row = begun(house)
    before = row.text
    for text in (before.replace("[settings]", "[settings"), with_table(before, "rule", OWN), "version = 1"):
        with pytest.raises(RulesError):
            service.save(
                house.session, actor=house.coordinator, rules_id=row.id, edition=0, text=text, about="x", reason="y"
            )
    with pytest.raises(ReasonMissingError):
        service.save(
            house.session, actor=house.coordinator, rules_id=row.id, edition=0, text=before, about="x", reason=" "
        )
    assert (row.text, row.edition) == (before, 0)


def test_one_draft_at_a_time_and_none_is_changed_once_it_held(house: House) -> None:
    row = begun(house)
    with pytest.raises(RulesBegunError):
        begun(house)
    service.activate(house.session, actor=house.approver, rules_id=row.id, edition=0)
    with pytest.raises(RulesStateError):
        changed(house, row)


def test_old_versions_stay_readable_with_who_when_and_why(house: House) -> None:
    row = changed(house, begun(house))
    service.activate(house.session, actor=house.approver, rules_id=row.id, edition=row.edition)
    second = service.begin(house.session, actor=house.coordinator, reason="again", from_shipped=True)
    service.activate(house.session, actor=house.second_approver, rules_id=second.id, edition=0)
    old = service.get_version(house.session, actor=house.chemist, version="network-1")
    assert (old.state, old.activated_by) == ("replaced", house.approver.account_id)
    assert rules_of(house.session, old.text).rule("ketamine_here").tiers == (Tier.T1,)
    assert [(edit.about, edit.reason) for edit in service.edits_of(house.session, rules_id=old.id)] == [
        ("ketamine_here", "decided")
    ]
    assert service.text_of(house.session, actor=house.chemist, version=shipped_rules().version) == shipped_text()


def test_own_rules_judge_what_comes_next_and_evaluations_name_them(house: House) -> None:
    row = changed(house, begun(house))
    service.activate(house.session, actor=house.approver, rules_id=row.id, edition=row.edition)
    _, result = house.verified_found("ketamine", sold_as="ketamine")
    seen = house.session.exec(
        select(Evaluation).where(Evaluation.subject_id == result.id, Evaluation.stage == Stage.VERIFIED)
    ).one()
    assert seen.rules_version == "network-1"
    text = latest_version(house.session, alert_id=house.alerts()[Tier.T1].id).texts["en"]
    assert text["headline"] == "KETAMINE in a product sold as ketamine: ketamine"
    assert text["advice"] == ["First.", "Second."]


def test_a_call_back_by_an_own_rule_says_which(house: House) -> None:
    row = changed(house, begun(house), tiers=["T0"])
    service.activate(house.session, actor=house.approver, rules_id=row.id, edition=row.edition)
    sample, _ = house.submit_found("ketamine", sold_as="ketamine")
    house.consume()
    assert house.tasks(sample)["ketamine_here"].message_id == "task.cause.own_rule"


def test_the_networks_own_history_is_judged_as_it_was_live(house: House) -> None:
    house.verified_found("isotonitazene")
    house.verified_found("ketamine", sold_as="ketamine")
    history = own_history(house.session, actor=house.coordinator)
    outcome = replay_samples(history, rules=shipped_rules())
    assert {(one.rule_id, one.tier) for one in outcome.fired} >= {
        ("nitazene_unexpected", "T0"), ("nitazene_unexpected", "T2"), ("substitution", "T1"),
    }  # fmt: skip
    row = changed(house, begun(house))
    after = replay_samples(history, rules=rules_of(house.session, row.text))
    difference = changes(outcome, after)
    assert [(one.rule_id, one.tier) for one in difference.gained] == [("ketamine_here", "T1")]
    assert difference.lost == ()


def test_a_changed_rule_leaves_the_rest_of_the_file_and_its_comments_alone() -> None:
    text = with_table(shipped_text(), "rule", OWN | {"when": {"found": "fentanyls"}})
    assert text.startswith(shipped_text().rstrip()[:5000])
    assert table_of(text, "rule", "ketamine_here") == OWN | {"when": {"found": "fentanyls"}}
