"""Rules on pages: edited, previewed, refused beside the field, activated by a second person; episodes and signals."""

import re

import pytest
from sqlmodel import select

from alerts.episodes.models import Episode
from alerts.rules.active import active_rules
from alerts.rules.loader import shipped_rules
from alerts.rules.models import NetworkRules
from alerts.signals.models import Signal, SignalState
from lab.kit.clock import today
from lab.results import service as results
from lab.results.models import Abundance, Outcome, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from tests.api.pages.conftest import Client, Lab, text_of

REASON = {"reason": "decided on Monday"}
KETAMINE = {"edition": "0", "id": "ketamine", "substances": "ketamine\n", "source": "minutes of Monday"} | REASON


def verified(lab: Lab, found: str, group: str, sold_as: str = "heroin") -> str:
    """A sample with a confirmed finding, verified; its code."""
    registered = lab.register(sold_as_substance_id=lab.substance(sold_as, "opioid").id)
    lab.bring(registered)
    substance, actors = lab.substance(found, group), lab.network.actors
    with lab.state.database.session() as session:
        results.record_analysis(
            session, actor=actors["chemist"], sample_id=registered.sample.id,
            data=AnalysisIn(
                site_id=lab.network.sites["laboratory"].id, technique=Technique.GCMS, method_version="GC-7",
                performed_on=registered.sample.collected_on, outcome=Outcome.DETECTED, detection_limit_note="0.1 %",
                findings=[FindingIn(substance_id=substance.id, abundance=Abundance.MINOR)],
            ),
        )  # fmt: skip
        result = results.draft_result(session, actor=actors["chemist"], sample_id=registered.sample.id)
        results.submit(session, actor=actors["chemist"], result_id=result.id)
        results.verify(session, actor=actors["verifier"], result_id=result.id)
    lab.work()
    return registered.sample.code


def holding(lab: Lab) -> str:
    with lab.session() as session:
        return active_rules(session).version


def edition(lab: Lab) -> str:
    with lab.session() as session:
        return str(session.exec(select(NetworkRules.edition).where(NetworkRules.state == "draft")).one())


def rule(lab: Lab, **more: object) -> dict[str, object]:
    words = {
        f"{language}_{part}": "KETAMINE {product}" for language in ("fr", "nl", "en")
        for part in ("headline", "risk", "advice")
    }  # fmt: skip
    base = {"id": "ketamine_here", "tiers": ["T1"], "found": "ketamine", "sources": "minutes of Monday, item 4"}
    return base | words | REASON | {"edition": edition(lab), "action": "save"} | more


def test_a_rule_is_added_previewed_and_activated_by_somebody_else(client: Client, lab: Lab) -> None:
    code = verified(lab, "ketamine", "dissociative")
    coordinator, approver = client("coordinator"), client("approver")
    assert coordinator.post("/alerts/rules", data=REASON).status_code == 303
    assert coordinator.post("/alerts/rules/draft/groups/new", data=KETAMINE).status_code == 303
    preview = coordinator.post("/alerts/rules/draft/rules/new", data=rule(lab, action="preview"))
    assert preview.status_code == 200
    assert "this rule would have fired 1 times" in text_of(preview)
    assert f"/samples/{code}" in preview.text
    assert coordinator.post("/alerts/rules/draft/rules/new", data=rule(lab)).status_code == 303
    own = coordinator.post("/alerts/rules/activate", data={"edition": edition(lab)})
    assert (own.status_code, holding(lab)) == (403, shipped_rules().version)
    stale = approver.post("/alerts/rules/activate", data={"edition": "0"})
    assert (stale.status_code, holding(lab)) == (422, shipped_rules().version)
    assert "KETAMINE" in approver.get("/alerts/rules/versions/network-1").text
    assert approver.post("/alerts/rules/activate", data={"edition": edition(lab)}).status_code == 303
    assert holding(lab) == "network-1"
    compared = approver.get(f"/alerts/replay?before={shipped_rules().version}&after=network-1")
    assert f"/samples/{code}" in compared.text


@pytest.mark.parametrize(
    ("wrong", "field", "said"),
    [
        ({"sources": "me"}, "sources", "too short"),
        ({"sources": ""}, "sources", "needed"),
        ({"tiers": []}, "tiers", "at least one tier"),
        ({"id": "Ketamine!"}, "id", "cannot be read"),
        ({"more_actives_than": "many"}, "more_actives_than", "cannot be read"),
        ({"found": ""}, "found", "at least one condition"),
        ({"fr_headline": "{nom} trouvé"}, "fr_headline", "stands for nothing"),
        ({"nl_risk": ""}, "nl_risk", "too short"),
        ({"en_risk": "It is safe."}, "en_risk", "promise of safety"),
        (
            {"dose_substance": "MDMA", "dose_form": "tablet", "dose_above_mg": "120", "dose_techniques": ["tlc"]},
            "dose_techniques",
            "measures no amounts",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_beside_its_field_and_nothing_is_lost(
    client: Client, lab: Lab, wrong: dict[str, object], field: str, said: str
) -> None:
    coordinator = client("coordinator")
    coordinator.post("/alerts/rules", data=REASON)
    coordinator.post("/alerts/rules/draft/groups/new", data=KETAMINE)
    before = edition(lab)
    answer = coordinator.post("/alerts/rules/draft/rules/new", data=rule(lab, **wrong))
    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-error">([^<]*)<', answer.text)
    assert beside is not None, answer.text
    assert said in beside[1]
    assert "KETAMINE {product}" in answer.text
    assert edition(lab) == before


def test_the_whole_file_can_be_changed_and_is_refused_whole(client: Client, lab: Lab) -> None:
    coordinator = client("coordinator")
    coordinator.post("/alerts/rules", data=REASON)
    with lab.session() as session:
        text = session.exec(select(NetworkRules.text)).one()
    page = "/alerts/rules/draft/file"
    wrong = text.replace("episode_quiet_days = 14", "episode_quiet_days = 0")
    refused = coordinator.post(page, data={"edition": "0", "text": wrong} | REASON)
    assert refused.status_code == 422
    assert "settings.episode_quiet_days: This number is out of range." in text_of(refused)
    right = text.replace("episode_quiet_days = 14", "episode_quiet_days = 21")
    assert coordinator.post(page, data={"edition": "0", "text": right} | REASON).status_code == 303
    assert edition(lab) == "1"


def test_a_history_file_is_replayed_and_one_that_cannot_be_read_is_refused(client: Client, lab: Lab) -> None:
    reader = client("worker")
    history = b"sample,date,sold_as,substance,evidence\nEPI-1,2025-07-01,heroin,isotonitazene,confirmed\n"
    good = reader.post("/alerts/replay", data={"before": shipped_rules().version}, files={"file": ("h.csv", history)})
    assert "EPI-1" in good.text
    for content in (b"\xff\xfe\x00", b"sample,date\n", b""):
        bad = reader.post("/alerts/replay", data={"before": "2026.2"}, files={"file": ("h.csv", content)})
        assert bad.status_code == 422


def test_a_story_has_a_page_and_is_split_by_a_person(client: Client, lab: Lab) -> None:
    codes = [verified(lab, "fentanyl", "fentanyl")]
    with lab.session() as session:
        story = session.exec(select(Episode)).one()
    coordinator = client("coordinator")
    assert "fentanyl" in text_of(coordinator.get("/alerts/episodes"))
    page = coordinator.get(f"/alerts/episodes/{story.id}")
    assert codes[0][:4] in page.text
    refused = coordinator.post(f"/alerts/episodes/{story.id}/split", data=REASON | {"act": "split"})
    assert refused.status_code == 422
    assert coordinator.post(f"/alerts/episodes/{story.id}/close", data=REASON).status_code == 303
    assert coordinator.post(f"/alerts/episodes/{story.id}/eat", data=REASON).status_code == 404
    assert client("chemist").post(f"/alerts/episodes/{story.id}/close", data=REASON).status_code == 403


def test_a_signal_waits_on_the_coordinators_first_page_until_decided(client: Client, lab: Lab) -> None:
    with lab.state.database.session() as session:
        session.add(
            Signal(substance="ketamine", week=today(), positive=9, tested=40, expected=1.5, p_value=1e-5,
                   q_value=1e-3, series=12)
        )  # fmt: skip
    coordinator = client("coordinator")
    assert "ketamine" in text_of(coordinator.get("/"))
    page = coordinator.get("/alerts/signals")
    assert "In 9 of 40 samples; about 1.5 were to be expected." in text_of(page)
    with lab.session() as session:
        signal = session.exec(select(Signal)).one()
    assert coordinator.post(f"/alerts/signals/{signal.id}", data={"reason": " "}).status_code == 422
    done = coordinator.post(f"/alerts/signals/{signal.id}", data=REASON | {"decision": "dismiss"})
    assert done.status_code == 303
    with lab.session() as session:
        assert session.exec(select(Signal.state)).one() is SignalState.DISMISSED
    assert client("chemist").get("/alerts/signals").status_code == 403
