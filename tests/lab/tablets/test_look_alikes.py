"""Which tablets look alike, and what is said of them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import Session

from lab.kit.clock import today
from lab.results import service as results
from lab.results.models import Technique
from lab.results.schemas import AmountUnit, FindingIn
from lab.samples.models import Sample, SampleForm
from lab.tablets.service import look_alikes, marks_of
from lab.tablets.similarity import Marks, alike, same_logo
from tests.lab.bench import Bench

PUNISHER = Marks(
    shape="shield", logo="Punisher", score=True, colours=frozenset({"blue"}), length_mm=12.0, width_mm=9.0,
    thickness_mm=5.0,
)  # fmt: skip
NO_SIZE = {"length_mm": None, "width_mm": None, "thickness_mm": None}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"logo": "punisher "}, True),
        ({"logo": "Punishr"}, True),  # one slip
        ({"logo": "Panda"}, False),
        ({"shape": "round"}, False),
        ({"score": False}, False),
        ({"colours": frozenset({"blue", "white"})}, True),
        ({"colours": frozenset({"green"})}, False),
        ({"length_mm": 12.5}, True),
        ({"length_mm": 12.6}, False),
        ({"logo": None}, True),  # shape, colour and sizes agree
        ({"logo": None} | NO_SIZE, False),  # too little
        ({"shape": None, "score": None, "colours": frozenset()} | NO_SIZE, False),  # a logo alone
    ],
)  # fmt: skip
def test_the_rule_of_likeness(change: dict[str, object], expected: bool) -> None:
    other = replace(PUNISHER, **change)
    assert alike(PUNISHER, other) is expected
    assert alike(other, PUNISHER) is expected


def test_short_logos_are_compared_exactly() -> None:
    assert not same_logo("NL", "XL")
    assert same_logo("n-l", "NL")
    assert not same_logo("", "")


def _tablet(bench: Bench, mg: float | None, *, found: str = "MDMA", verified: bool = True, **more: object) -> Sample:
    marks = {"form": "tablet", "tablet_shape": "shield", "tablet_logo": "Punisher", "colours": ["blue"]}
    sample = bench.at_laboratory("MDMA", **(marks | more))
    finding = FindingIn(
        substance_id=bench.substance(found).id, amount=mg, amount_unit=AmountUnit.MG_PER_UNIT if mg else None
    )
    bench.analysis(sample, Technique.LCMS, outcome="detected", findings=[finding])
    result = bench.submitted(sample)
    if verified:
        results.verify(bench.session, actor=bench.verifier, result_id=result.id)
    return sample


def test_only_verified_look_alikes_count_and_their_range_is_shown(session: Session, bench: Bench) -> None:
    long_ago = today() - timedelta(days=100)
    _tablet(bench, 92.0, collected_on=long_ago)
    _tablet(bench, 211.0)
    _tablet(bench, None, found="PMA", colours=["blue", "white"])
    _tablet(bench, 900.0, verified=False)
    _tablet(bench, 500.0, tablet_logo="Panda")
    mine = bench.sample(form="tablet", tablet_shape="shield", tablet_logo="punisher", colours=["blue"])
    found = look_alikes(session, marks=marks_of(mine), form=mine.form, but=mine.id)
    assert found is not None
    assert (found.count, found.first_on, found.last_on) == (3, long_ago, today())
    mdma, pma = found.contents
    assert (mdma.name, mdma.seen, mdma.unexpected) == ("MDMA", 2, 0)
    assert [(one.low, one.high, one.unit, one.count) for one in mdma.ranges] == [(92.0, 211.0, "mg/unit", 2)]
    assert (pma.name, pma.seen, pma.unexpected, pma.ranges) == ("PMA", 1, 1, ())


def test_a_sample_is_not_its_own_look_alike(session: Session, bench: Bench) -> None:
    only = _tablet(bench, 92.0)
    assert look_alikes(session, marks=marks_of(only), form=only.form, but=only.id) is None


def test_a_powder_has_no_look_alikes(session: Session) -> None:
    assert look_alikes(session, marks=PUNISHER, form=SampleForm.POWDER) is None
