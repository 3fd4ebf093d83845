"""Layouts that are remembered, and advice on what a layout lacks."""

import pytest

from lab.errors import ForbiddenError
from lab.plates import layouts
from lab.plates.advice import groups_of, missing_on, open_groups, second_systems
from lab.plates.interpretation import interpret
from lab.plates.layout_errors import LayoutNameTakenError, LayoutNotFoundError
from lab.plates.layouts import LayoutIn
from lab.plates.models import LaneKind, PlateLayout
from lab.plates.schemas import LaneIn
from lab.quality.criteria import CriteriaIn, declare
from tests.lab.plates.plate_bench import STANDARDS, PlateBench

LANES = [{"kind": "standard"}, {"kind": "blank"}, {"kind": "sample"}, {"kind": "standard", "substance": "cocaine"}]


def remembered(bench: PlateBench, name: str = "Evening") -> PlateLayout:
    data = LayoutIn.model_validate({"name": name, "lanes": LANES, "system_id": bench.system.id})
    return layouts.remember(bench.session, actor=bench.chemist, site_id=bench.laboratory.id, data=data)


def missing(bench: PlateBench, *lanes: LaneIn) -> list[str]:
    found = missing_on(
        bench.session, actor=bench.chemist, site_id=bench.laboratory.id, system_id=bench.system.id, lanes=lanes
    )
    return [message.id.removeprefix("layout.missing.") for message in found]


def test_a_layout_is_remembered_renamed_and_forgotten(bench: PlateBench) -> None:
    layout = remembered(bench)
    layouts.rename(bench.session, actor=bench.chemist, layout_id=layout.id, name=" Morning ")
    (kept,) = layouts.list_layouts(bench.session, actor=bench.chemist, site_id=bench.laboratory.id)
    assert (kept.name, [lane["kind"] for lane in kept.lanes]) == (
        "Morning",
        ["standard", "blank", "sample", "standard"],
    )
    layouts.forget_layout(bench.session, actor=bench.chemist, layout_id=layout.id)
    assert layouts.list_layouts(bench.session, actor=bench.chemist, site_id=bench.laboratory.id) == []


def test_two_layouts_of_a_laboratory_have_two_names(bench: PlateBench) -> None:
    remembered(bench)
    other = remembered(bench, "Other")
    with pytest.raises(LayoutNameTakenError):
        remembered(bench)
    with pytest.raises(LayoutNameTakenError):
        layouts.rename(bench.session, actor=bench.chemist, layout_id=other.id, name="Evening")


def test_a_layout_is_its_laboratorys_own(bench: PlateBench) -> None:
    layout = remembered(bench)
    with pytest.raises(LayoutNotFoundError):
        layouts.forget_layout(bench.session, actor=bench.worker, layout_id=layout.id)
    with pytest.raises(ForbiddenError):
        layouts.list_layouts(bench.session, actor=bench.worker, site_id=bench.laboratory.id)


def test_standards_and_blank_are_missed_and_demanded_where_they_are(bench: PlateBench) -> None:
    sample = bench.unknown()
    assert missing(bench, sample) == ["standards", "blank"]
    assert missing(bench, sample, bench.standard(), LaneIn(kind=LaneKind.BLANK)) == []
    single = [bench.standard(name) for name in STANDARDS]
    assert missing(bench, sample, *single, LaneIn(kind=LaneKind.BLANK)) == []
    data = CriteriaIn(standards_required=True, blank_required=True, duplicate_limit=3.0, source="test")
    declare(bench.session, actor=bench.verifier, site_id=bench.laboratory.id, data=data)
    assert missing(bench, sample) == ["demanded", "blank_demanded", "duplicate"]


def test_what_earlier_plates_left_open_asks_for_its_standards_and_a_second_system(bench: PlateBench) -> None:
    for name, here in (("heroin", 47.0), ("cocaine", 47.5)):
        bench.own(name, here, corrected=False)
    second = bench.second_system("TB", {"heroin": 15.0, "cocaine": 65.0})
    bench.second_system("TC", {"heroin": 40.0, "cocaine": 41.0})
    sample = LaneIn(kind=LaneKind.SAMPLE, sample_id=bench.at_laboratory().id)
    reading = bench.reading((sample, [0.47]))
    assert sample.sample_id is not None
    groups = open_groups(bench.session, actor=bench.chemist, sample_ids=[sample.sample_id])
    assert groups == [("cocaine", "heroin")]
    assert groups_of(interpret(bench.session, actor=bench.chemist, reading_id=reading.id)) == groups
    assert "candidates" in missing(bench, sample, bench.standard())
    best, worse = second_systems(bench.session, site_id=bench.laboratory.id, groups=groups, besides={bench.system.id})
    assert (best.system, worse.system) == (second.code, "TC")
    assert best.probability > 0.95 > worse.probability
