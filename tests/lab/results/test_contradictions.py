"""Techniques that do not agree are named; silence speaks only where the technique could have seen it."""

from sqlmodel import Session

from lab.results.analyses import analyses_of
from lab.results.contradictions import ContradictionKind, contradictions_of
from lab.results.models import Abundance, Outcome, Technique
from lab.results.schemas import FindingIn
from lab.samples.models import Sample
from tests.lab.bench import Bench

Said = list[tuple[ContradictionKind, str, Technique, Technique]]


def said(session: Session, sample: Sample) -> Said:
    found = contradictions_of(session, analyses=analyses_of(session, sample_id=sample.id))
    return [(one.kind, one.substance, one.found_technique, one.silent_technique) for one in found]


def strip(bench: Bench, sample: Sample, group: str, *, positive: bool) -> None:
    bench.analysis(
        sample, Technique.STRIP, findings=[FindingIn(substance_class=group)] if positive else [],
        outcome=Outcome.DETECTED if positive else Outcome.NONE_OF_INTEREST, data={"target_class": group},
    )  # fmt: skip


def test_a_substance_that_another_technique_should_have_seen(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, Technique.TLC, "MDMA", "ketamine")
    bench.analysis(sample, Technique.GCMS, "MDMA")
    assert said(session, sample) == [(ContradictionKind.NOT_SEEN, "ketamine", Technique.TLC, Technique.GCMS)]


def test_what_agrees_contradicts_nothing(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, Technique.TLC, "MDMA")
    bench.analysis(sample, Technique.FTIR, "MDMA")
    bench.analysis(sample, Technique.NMR, outcome=Outcome.UNABLE_TO_IDENTIFY, findings=[FindingIn()])
    bench.analysis(sample, Technique.RAMAN, outcome=Outcome.NOT_TESTED)
    assert said(session, sample) == []


def test_silence_about_what_a_technique_cannot_see_is_no_contradiction(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("heroin")
    bench.substance("heroin", "opioid")
    fentanyl = bench.substance("fentanyl", "fentanyl")
    traces = [FindingIn(substance_id=fentanyl.id, abundance=Abundance.TRACE)]
    bench.analysis(sample, Technique.LCMS, findings=traces, outcome=Outcome.DETECTED)
    bench.analysis(sample, Technique.TLC)  # acts in traces that TLC does not see
    bench.analysis(sample, Technique.FTIR)
    strip(bench, sample, "nitazene", positive=False)  # another group
    assert said(session, sample) == []


def test_a_strip_speaks_for_its_own_group(session: Session, bench: Bench) -> None:
    bench.substance("fentanyl", "fentanyl")
    missed, wrong, right = (bench.at_laboratory("heroin") for _ in range(3))
    bench.analysis(missed, Technique.LCMS, "fentanyl")
    strip(bench, missed, "fentanyl", positive=False)
    assert said(session, missed) == [(ContradictionKind.GROUP_NOT_SEEN, "fentanyl", Technique.LCMS, Technique.STRIP)]
    strip(bench, wrong, "fentanyl", positive=True)
    bench.analysis(wrong, Technique.LCMS)
    assert said(session, wrong) == [(ContradictionKind.NOT_SEEN, "fentanyl", Technique.STRIP, Technique.LCMS)]
    strip(bench, right, "fentanyl", positive=True)
    bench.analysis(right, Technique.LCMS, "fentanyl")
    assert said(session, right) == []


def test_a_repeat_that_differs_is_told_of(session: Session, bench: Bench) -> None:
    sample = bench.at_laboratory("MDMA")
    bench.analysis(sample, Technique.TLC, "MDMA", "caffeine")
    bench.analysis(sample, Technique.TLC, "MDMA")
    assert said(session, sample) == [(ContradictionKind.REPEAT_DIFFERS, "caffeine", Technique.TLC, Technique.TLC)]
