"""The answer in messages: what was concluded, what was found, how sure, what these techniques cannot see.

Rules only, the same for everybody of an audience: everyday words for the person; the field's terms, with evidence,
techniques and stated detection limits, for professionals. ``api`` renders them and a person may edit the text before it
is reported. No quantity by TLC, and nothing that calls anything safe: the last word is always that no analysis clears
a product.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from lab.kit.messages import Message, Param
from lab.kit.promises import promise_in
from lab.results.danger import is_dangerous
from lab.results.errors import TextMissingError, TextReassuresError
from lab.results.models import Abundance, Conclusion, Evidence, Outcome, Technique
from lab.results.schemas import AmountUnit, Answer, Found, Run
from lab.results.techniques import FACTS, POTENT_GROUPS

LANGUAGES = ("fr", "nl", "en")


class Audience(StrEnum):
    """Who reads an answer."""

    PERSON = "person"  # whoever brought the sample
    PROFESSIONAL = "professional"  # who advises or treats


_ANSWERED = frozenset({Outcome.DETECTED, Outcome.NONE_OF_INTEREST})
_EVIDENCE = (Evidence.CONFIRMED, Evidence.INDICATIVE, Evidence.PRESUMPTIVE)


def wording(answer: Answer, audience: Audience = Audience.PERSON) -> tuple[Message, ...]:
    """The messages of ``answer`` for ``audience``, in the order in which they are to be read."""
    says = _for_professionals if audience is Audience.PROFESSIONAL else _for_the_person
    return (
        *_preliminary(answer),
        Message(f"result.colour.{answer.colour.value}"),
        _conclusion(answer),
        *_dangers(answer.found),
        *says(answer),
        *(_stated_limits(answer.runs) if audience is Audience.PROFESSIONAL else ()),
        *_limits(answer.runs),
        *_unseen(answer.runs, answer.found),
        Message("result.never_cleared"),
    )


def _for_the_person(answer: Answer) -> Iterable[Message]:
    yield from _findings(answer.found)
    yield from _amounts(answer.found, with_u="result.amount_about")
    yield from _evidence(answer.found)


def _for_professionals(answer: Answer) -> Iterable[Message]:
    for one in answer.found:
        params: dict[str, Param] = {
            "abundance": one.abundance,
            "role": one.role,
            "evidence": one.evidence,
            "techniques": tuple(one.techniques),
        }
        if one.substance is not None:
            yield Message("result.professional.finding", params | {"substance": one.substance})
        elif one.substance_class:
            yield Message(f"result.found_group.{group_slug(one.substance_class)}")
            yield Message("result.professional.group", params)
    yield from _unknown(answer.found)
    yield from _amounts(answer.found, with_u="result.amount_u")
    for level in _EVIDENCE:
        if any(one.evidence is level for one in answer.found if one.is_identified):
            yield Message(f"result.professional.evidence.{level.value}")


def _stated_limits(runs: Sequence[Run]) -> Iterable[Message]:
    """What each run could not see, as the laboratory stated it."""
    for run in dict.fromkeys(run for run in runs if run.detection_limit_note):
        note = run.detection_limit_note.rstrip(" .")
        yield Message("result.limit_stated", {"technique": run.technique, "outcome": run.outcome, "note": note})


def _preliminary(answer: Answer) -> Iterable[Message]:
    if answer.preliminary:
        yield Message("result.preliminary")


def _conclusion(answer: Answer) -> Message:
    conclusion, name = answer.conclusion, answer.expected.substance
    if conclusion is Conclusion.INCONCLUSIVE and any(one.is_identified for one in answer.found):
        return Message("result.conclusion." + ("not_compared" if answer.expected.stated else "nothing_stated"))
    if name is None or conclusion in {Conclusion.NONE, Conclusion.INCONCLUSIVE}:
        return Message(f"result.conclusion.{conclusion.value}")
    # A chemist may take an isomer for what was expected: then the list of what was found names it, not this sentence.
    as_named = any(one.substance == name for one in answer.found)
    if as_named is (conclusion is Conclusion.EXPECTED_ABSENT):
        return Message(f"result.conclusion.{conclusion.value}")
    return Message(f"result.conclusion.{conclusion.value}.named", {"substance": name})


def _dangers(found: Sequence[Found]) -> Iterable[Message]:
    """What has killed is named before anything else: little of it is no comfort."""
    names = [one.substance for one in found if one.substance and _has_killed(one)]
    if names:
        yield Message("result.danger", {"substances": ", ".join(dict.fromkeys(names))})


def _has_killed(one: Found) -> bool:
    return is_dangerous(substance=one.substance, substance_class=one.substance_class)


def _findings(found: Sequence[Found]) -> Iterable[Message]:
    for abundance in Abundance:
        names = [one.substance for one in found if one.substance is not None and one.abundance is abundance]
        if names:
            yield Message(f"result.found.{abundance.value}", {"substances": ", ".join(names)})
    for group in dict.fromkeys(one.substance_class for one in found if one.substance is None and one.substance_class):
        yield Message(f"result.found_group.{group_slug(group)}")
    yield from _unknown(found)


def _unknown(found: Sequence[Found]) -> Iterable[Message]:
    unknown = sum(not one.is_identified for one in found)
    if unknown:
        yield Message("result.found_unknown", {"n": unknown})


def group_slug(substance_class: str) -> str:
    """The last part of the message id that names a group of substances."""
    return re.sub(r"[^a-z]+", "_", substance_class.lower()).strip("_")


def _amounts(found: Sequence[Found], *, with_u: str) -> Iterable[Message]:
    for one in found:
        for amount in one.amounts:
            params = {"substance": one.substance, "amount": amount.value, "unit": AmountUnit(amount.unit)}
            if amount.u is None:
                yield Message("result.amount", params)
            else:
                yield Message(with_u, params | {"u": amount.u})


def _evidence(found: Sequence[Found]) -> Iterable[Message]:
    for level in _EVIDENCE:
        if any(one.evidence is level for one in found if one.is_identified):
            names = ", ".join(one.substance for one in found if one.substance and one.evidence is level)
            if names:
                yield Message(f"result.evidence.{level.value}", {"substances": names})
            if any(one.substance is None and one.is_identified and one.evidence is level for one in found):
                yield Message(f"result.evidence_group.{level.value}")


def _limits(runs: Sequence[Run]) -> Iterable[Message]:
    for technique in Technique:
        if any(run.technique is technique and run.outcome is not Outcome.NOT_TESTED for run in runs):
            yield Message(f"result.limit.{technique.value}")


def _unseen(runs: Sequence[Run], found: Sequence[Found]) -> Iterable[Message]:
    """Fentanyls and nitazenes, wherever nothing that sees traces has looked; a strip sees its own group only."""
    if opioids_unseen(runs, found):
        tested = {run.technique for run in runs if run.outcome in _ANSWERED}
        yield Message("result.unseen_opioids.strip" if Technique.STRIP in tested else "result.unseen_opioids")


def opioids_unseen(runs: Sequence[Run], found: Sequence[Found]) -> bool:
    """Whether fentanyls or nitazenes may be there unseen: none was found, by nothing that sees traces."""
    if any(one.substance_class in POTENT_GROUPS for one in found):
        return False
    return not any(FACTS[run.technique].sees_traces for run in runs if run.outcome in _ANSWERED)


def check_texts(texts: Mapping[str, str], *, field: str = "texts") -> None:
    """Raise :class:`TextMissingError` unless every language is written, :class:`TextReassuresError` for what clears.

    ``field``: which of the texts of an answer they are.
    """
    for language in LANGUAGES:
        if not texts.get(language, "").strip():
            raise TextMissingError(field=field, language=language)
    for language, text in texts.items():
        word = promise_in(text)
        if word is not None:
            raise TextReassuresError(field=field, language=language, word=word)
