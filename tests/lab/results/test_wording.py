"""What an answer says, and what it never says."""

from itertools import product

import pytest

from lab.kit.messages import Message
from lab.kit.promises import promise_in
from lab.library.reference import read_reference
from lab.results.danger import DANGEROUS_CLASSES, DANGEROUS_SUBSTANCES
from lab.results.errors import TextMissingError, TextReassuresError
from lab.results.models import Abundance, Conclusion, Evidence, FindingRole, Outcome, Technique
from lab.results.schemas import Amount, AmountUnit, Answer, ColourWord, Expected, Found, Run
from lab.results.techniques import FACTS
from lab.results.wording import Audience, check_texts, group_slug, wording
from templates.i18n import LANGUAGES, placeholders, translator

T = Technique
MDMA = Expected(True, None, "MDMA", "empathogen")


def one(substance: str | None = "MDMA", substance_class: str | None = "empathogen", **values: object) -> Found:
    given = {
        "role": FindingRole.ACTIVE_EXPECTED,
        "abundance": Abundance.MAJOR,
        "evidence": Evidence.PRESUMPTIVE,
        "techniques": (T.TLC,),
        "substance": substance,
        "substance_class": substance_class,
    }
    return Found(**(given | values))  # type: ignore[arg-type]  # tests name fields loosely


def answer(*found: Found, runs: tuple[Run, ...] = (Run(T.TLC, Outcome.DETECTED),), **values: object) -> Answer:
    given = {
        "conclusion": Conclusion.AS_EXPECTED,
        "colour": ColourWord.WHITE,
        "expected": MDMA,
        "found": found,
        "runs": runs,
    }
    return Answer(**(given | values))  # type: ignore[arg-type]  # as above


def ids(said: tuple[Message, ...]) -> list[str]:
    return [message.id for message in said]


def every_answer() -> list[Answer]:
    """Every conclusion, colour, abundance, level, technique and outcome at least once."""
    kinds = [one(), one(None, "fentanyl"), one(None, None, role=FindingRole.UNKNOWN)]
    answers = []
    for conclusion, colour, expected in product(Conclusion, ColourWord, (MDMA, Expected(True), Expected(False))):
        for technique, outcome in product(Technique, Outcome):
            found = tuple(kinds) if outcome is Outcome.DETECTED else ()
            runs = (Run(technique, outcome, "about 5 %."),)
            answers.append(answer(*found, runs=runs, conclusion=conclusion, colour=colour, expected=expected))
    for abundance, evidence in product(Abundance, Evidence):
        answers.append(
            answer(*(one(f.substance, f.substance_class, abundance=abundance, evidence=evidence) for f in kinds))
        )
    answers.append(answer(one(amounts=(Amount(82.5, "mg/unit"), Amount(0.8, "mg/g", u=0.1))), preliminary=True))
    return answers


def test_nothing_found_names_what_was_not_seen() -> None:
    nothing = answer(runs=(Run(T.TLC, Outcome.NONE_OF_INTEREST),), conclusion=Conclusion.NONE, colour=ColourWord.YELLOW)
    assert ids(wording(nothing)) == [
        "result.colour.yellow",
        "result.conclusion.none",
        "result.limit.tlc",
        "result.unseen_opioids",
        "result.never_cleared",
    ]


def test_a_technique_that_sees_traces_lifts_the_note_on_opioids_and_a_strip_only_changes_it() -> None:
    def note(*runs: Run) -> list[str]:
        return [id for id in ids(wording(answer(one(), runs=runs))) if "opioids" in id]

    assert note(Run(T.TLC, Outcome.DETECTED)) == ["result.unseen_opioids"]
    assert note(Run(T.TLC, Outcome.DETECTED), Run(T.FTIR, Outcome.DETECTED)) == ["result.unseen_opioids"]
    assert note(Run(T.TLC, Outcome.DETECTED), Run(T.STRIP, Outcome.NONE_OF_INTEREST)) == ["result.unseen_opioids.strip"]
    assert note(Run(T.TLC, Outcome.DETECTED), Run(T.LCMS, Outcome.DETECTED)) == []
    assert note(Run(T.TLC, Outcome.DETECTED), Run(T.LCMS, Outcome.NOT_TESTED)) == ["result.unseen_opioids"]


def test_every_answer_ends_with_the_sentence_that_clears_nothing() -> None:
    for given in every_answer():
        assert ids(wording(given))[-1] == "result.never_cleared"


@pytest.mark.parametrize("audience", Audience)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_can_be_said_and_calls_nothing_safe(language: str, audience: Audience) -> None:
    speak = translator(language)
    for given in every_answer():
        for message in wording(given, audience):
            assert placeholders(speak.catalogue[message.id]) <= set(message.params) | {"n"}
            assert promise_in(speak.text(message.id, **message.params)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_group_of_the_library_has_its_name(language: str) -> None:
    speak = translator(language)
    for substance_class in {row.substance_class for row in read_reference().substances}:
        assert speak.has(f"result.found_group.{group_slug(substance_class)}")
        assert speak.has(f"substance_class.{group_slug(substance_class)}")


def test_what_has_killed_is_named_before_what_was_mainly_found() -> None:
    little = one("protonitazene", "nitazene", role=FindingRole.ACTIVE_UNEXPECTED, abundance=Abundance.MINOR)
    said = ids(wording(answer(one(), little, conclusion=Conclusion.EXPECTED_PLUS_OTHER, colour=ColourWord.RED)))
    assert said.index("result.danger") == said.index("result.conclusion.expected_plus_other.named") + 1
    assert said.index("result.danger") < said.index("result.found.major")
    assert "result.danger" not in ids(wording(answer(one())))


def test_the_expected_substance_is_named_only_where_it_is_the_one_found() -> None:
    def said(*found: Found, conclusion: Conclusion = Conclusion.AS_EXPECTED) -> str:
        return ids(wording(answer(*found, conclusion=conclusion)))[1]

    assert said(one()) == "result.conclusion.as_expected.named"
    assert said(one("MDEA")) == "result.conclusion.as_expected"  # a chemist took it for what was expected
    assert said(one("ketamine"), conclusion=Conclusion.EXPECTED_ABSENT) == "result.conclusion.expected_absent.named"


def test_both_audiences_hear_the_same_danger_conclusion_and_limits() -> None:
    """Professionals hear more of how it was found, and nothing of what cannot be seen is left out for either."""
    shared = ("result.colour", "result.conclusion", "result.danger", "result.limit.", "result.unseen", "result.never")

    def core(given: Answer, audience: Audience) -> list[Message]:
        return [message for message in wording(given, audience) if message.id.startswith(shared)]

    for given in every_answer():
        assert core(given, Audience.PROFESSIONAL) == core(given, Audience.PERSON)


def test_a_professional_reads_role_evidence_techniques_and_the_stated_limits() -> None:
    found = one("fentanyl", "fentanyl", role=FindingRole.ACTIVE_UNEXPECTED, abundance=Abundance.MINOR,
                evidence=Evidence.CONFIRMED, techniques=(T.STRIP, T.GCMS))  # fmt: skip
    runs = (Run(T.STRIP, Outcome.DETECTED, "200 ng/mL"), Run(T.GCMS, Outcome.DETECTED, "0.1 %."))
    speak = translator("fr")
    said = [speak.text(m.id, **m.params) for m in wording(answer(found, runs=runs), Audience.PROFESSIONAL)]
    assert "fentanyl : minoritaire, actif, inattendu ; niveau de preuve : confirmé (bandelette, GC-MS)." in said
    assert "GC-MS, détecté. Limite de détection indiquée par le laboratoire : 0.1 %." in said
    plain = ids(wording(answer(found, runs=runs)))
    assert not [message for message in plain if message.startswith(("result.professional", "result.limit_stated"))]


@pytest.mark.parametrize("audience", Audience)
def test_no_quantity_by_tlc_reaches_an_answer(audience: Audience) -> None:
    """Amounts come from techniques that measure them; TLC's never become part of what was found (answers.py)."""
    assert not FACTS[T.TLC].measures_amounts
    assert not [m for m in wording(answer(one()), audience) if m.id.startswith("result.amount")]


def test_a_person_reads_an_amount_in_everyday_words() -> None:
    said = {m.id: m.params for m in wording(answer(one(amounts=(Amount(82.5, "mg/unit", u=3.0),))))}
    assert translator("en").text("result.amount_about", **said["result.amount_about"]) == (
        "MDMA: about 82.5 mg per unit, give or take 3."
    )


def test_an_amount_keeps_its_unit_and_uncertainty() -> None:
    amounts = (Amount(82.5, "mg/unit", u=3.0),)
    said = {m.id: m.params for m in wording(answer(one(amounts=amounts)), Audience.PROFESSIONAL)}
    assert said["result.amount_u"] == {"substance": "MDMA", "amount": 82.5, "u": 3.0, "unit": AmountUnit.MG_PER_UNIT}
    assert translator("fr").text("result.amount_u", **said["result.amount_u"]) == (
        "MDMA : 82,5 ± 3 mg par unité (incertitude-type)."
    )


@pytest.mark.parametrize(
    "text",
    [
        "This is safe.",
        "C’est sans danger.",
        "Produit sûr",
        "Dit is veilig.",
        "onschadelijk",
        "no risk at all",
        "Aucun risque.",
    ],
)
def test_a_text_that_clears_a_product_is_refused(text: str) -> None:
    with pytest.raises(TextReassuresError):
        check_texts({"fr": "Réponse.", "nl": "Antwoord.", "en": "Answer."} | {"en": text})


@pytest.mark.parametrize("text", ["Bien sûr, sur place", "Veiligheid", "surely", "risque élevé", "safety data sheet"])
def test_words_that_only_look_alike_pass(text: str) -> None:
    check_texts({"fr": text, "nl": text, "en": text})


def test_an_answer_is_written_in_every_language() -> None:
    with pytest.raises(TextMissingError):
        check_texts({"fr": "Réponse.", "en": "Answer.", "nl": " "})


def test_what_is_called_dangerous_is_in_the_library_and_has_a_source() -> None:
    substances = read_reference().substances
    assert set(DANGEROUS_SUBSTANCES) <= {row.name for row in substances}
    assert set(DANGEROUS_CLASSES) <= {row.substance_class for row in substances}
    assert all((*DANGEROUS_CLASSES.values(), *DANGEROUS_SUBSTANCES.values()))
