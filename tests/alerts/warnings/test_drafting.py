"""Every draft that a rule can make is whole, in three languages, and promises nothing."""

import re
from dataclasses import replace
from typing import Any

import pytest

from alerts.rules.loader import shipped_rules
from alerts.rules.model import Rule
from alerts.services import AlertServices
from alerts.vocabulary import LANGUAGES, Tier
from alerts.warnings.drafting import render_version
from alerts.warnings.models import Alert, AlertVersion, VersionKind
from alerts.warnings.schemas import SMS_LENGTH, AlertText
from lab.kit.clock import now
from lab.kit.promises import promise_in
from tests.alerts.house import House

DRAFTING = [rule for rule in shipped_rules().rules if set(rule.tiers) - {Tier.T0}]
LONG = ["N-desethyl isotonitazene", "para-methoxymethamphetamine (PMMA)", "2-fluorodeschloroketamine (2-FDCK)"]


def params(rule: Rule, **values: Any) -> dict[str, Any]:
    return {
        "stem": rule.message, "sold_as": "heroin", "found": ["isotonitazene"], "techniques": ["gcms", "tlc"],
        "confirmed": True, "samples": 1, "areas": ["Leuven"], "first_on": "2026-07-04", "last_on": "2026-07-04",
    } | values  # fmt: skip


def render(
    services: AlertServices, kind: VersionKind = VersionKind.ALERT, tier: Tier = Tier.T2, **message: Any
) -> dict[str, AlertText]:
    alert = Alert(tier=tier, exercise=services.exercise)
    version = AlertVersion(alert_id=alert.id, number=2, kind=kind, message_params=message, expires_at=now())
    stored = render_version(alert, version, services)
    return {language: AlertText.model_validate(stored[language]) for language in LANGUAGES}


@pytest.mark.parametrize("kind", VersionKind)
@pytest.mark.parametrize("rule", DRAFTING, ids=lambda rule: rule.id)
def test_every_rule_speaks_three_languages_at_every_turn(
    services: AlertServices, rule: Rule, kind: VersionKind
) -> None:
    for variant in (
        params(rule),
        params(rule, sold_as=None, found=[], techniques=[], areas=[], confirmed=False),
        params(rule, found=LONG * 4, samples=12, first_on="2026-06-01", areas=["Leuven", "Brussels"]),
    ):
        texts = render(services, kind, **variant)
        assert len({text.headline for text in texts.values()}) == len(LANGUAGES)
        for text in texts.values():
            assert len(text.line) <= SMS_LENGTH
            said = f"{text.subject}\n{text.body}\n{text.line}"
            assert not re.search(r"%\(|[{}]|\balert\.\w+", said)
            assert promise_in(said) is None


def test_what_is_unconfirmed_says_so_in_every_language(services: AlertServices) -> None:
    texts = render(services, **params(DRAFTING[0], confirmed=False))
    assert "NOT CONFIRMED" in texts["en"].body
    assert "NON CONFIRMÉ" in texts["fr"].body
    assert "NIET BEVESTIGD" in texts["nl"].body


def test_a_group_that_a_strip_found_is_called_a_group(services: AlertServices) -> None:
    texts = render(services, **params(DRAFTING[0], found=["class:nitazene"]))
    assert "class:" not in texts["en"].body
    assert "group" in texts["en"].headline


def test_a_substance_is_called_by_the_languages_own_word(services: AlertServices) -> None:
    texts = render(services, **params(DRAFTING[0]))
    assert "vendu comme héroïne : isotonitazène" in texts["fr"].headline
    assert "verkocht als heroïne: isotonitazeen" in texts["nl"].headline


def test_numbers_and_days_are_written_as_the_language_writes_them(services: AlertServices) -> None:
    texts = render(services, **params(DRAFTING[0], samples=1200))
    assert "1\u202f200 échantillons" in texts["fr"].what or "1\u00a0200 échantillons" in texts["fr"].what
    assert "4 juli 2026" in texts["nl"].what


def test_the_mail_says_until_when_and_numbers_its_advice(services: AlertServices) -> None:
    body = render(services, **params(DRAFTING[0]))["en"].body
    assert "Valid until" in body
    assert re.search(r"^1\. ", body, re.MULTILINE)
    assert "&#" not in body


def test_an_exercise_says_so_first(services: AlertServices) -> None:
    texts = render(replace(services, exercise=True), **params(DRAFTING[0]))
    assert all(text.subject.startswith(("EXERC", "OEFENING")) for text in texts.values())
    assert all(text.line.startswith(("EXERC", "OEFENING")) for text in texts.values())


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("fentanyl", {"en": "Fentanyl found in a product sold as heroin",
                      "fr": "Fentanyl trouvé dans un produit vendu comme héroïne"}),
        ("carfentanil", {"en": "Fentanyl found in a product sold as heroin: carfentanil"}),
    ],
)  # fmt: skip
def test_a_headline_names_a_substance_once(house: House, found: str, expected: dict[str, str]) -> None:
    house.substance(found, "fentanyl")
    house.verified_found(found)
    texts = house.draft(Tier.T2).texts
    assert {language: texts[language]["headline"] for language in expected} == expected


@pytest.mark.parametrize("tier", [Tier.T1, Tier.T2])
def test_a_mail_says_whom_it_is_for(house: House, tier: Tier) -> None:
    house.verified_found("isotonitazene")
    for_whom = {Tier.T1: "For the network only", Tier.T2: "For professionals"}[tier]
    assert for_whom in house.draft(tier).texts["en"]["body"]


def order_of(body: str) -> list[str]:
    """The sections of an English letter, in the order in which they stand."""
    sections = ("How sure", "Health risk", "What to do")
    return sorted(sections, key=lambda section: body.index(f"{section}\n"))


@pytest.mark.parametrize(
    ("tier", "order", "act"),
    [
        (Tier.T1, ["How sure", "Health risk", "What to do"], "At the counter"),
        (Tier.T2, ["Health risk", "What to do", "How sure"], "If you see something like it"),
        (Tier.T3, ["What to do", "Health risk", "How sure"], "Bring it to a testing point"),
    ],
)
def test_each_tier_says_first_what_its_readers_need_first(
    services: AlertServices, tier: Tier, order: list[str], act: str
) -> None:
    body = render(services, tier=tier, **params(DRAFTING[0]))["en"].body
    assert order_of(body) == order
    assert act in body
    withdrawn = render(services, VersionKind.CANCEL, tier, **params(DRAFTING[0]))["en"].body
    assert act not in withdrawn


def test_who_found_it_is_named(services: AlertServices) -> None:
    assert "Found by the drug checking network." in render(services, **params(DRAFTING[0]))["en"].what
    named = render(replace(services, network="North Network"), **params(DRAFTING[0]))
    assert "Trouvé par North Network" in named["fr"].what
