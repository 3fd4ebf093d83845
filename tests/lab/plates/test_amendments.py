"""A person's corrections: foreseen, ordered with a reason, carried out by the worker, and nothing else touched."""

import pytest

from lab.kit.db import Database
from lab.kit.files import FileStore
from lab.kit.tasks import Context
from lab.kit.worker import Worker
from lab.plates.errors import (
    CorrectionReasonMissingError,
    EditsInvalidError,
    ReadingNotFoundError,
    ReadingSupersededError,
    ReadingWaitingError,
)
from lab.plates.jobs import TASKS
from lab.plates.models import PictureLight, PictureState
from lab.plates.readings import hints_for
from lab.plates.service import add_picture, amend_reading, correct_reading, foresee, readings_of
from tests.lab.plates.plate_bench import PlateBench, document
from tlc_analysis.synthetic import random_spec, render

LOWER_FRONT = {"plates": [{"plate": 1, "front_px": [[0, 180], [999, 180]]}]}


def test_what_a_correction_will_say_is_foreseen_from_geometry_alone(bench: PlateBench) -> None:
    reading = bench.read(bench.picture(bench.plate()), document([[0.45]]))
    foreseen = foresee(bench.session, actor=bench.chemist, reading_id=reading.id, edits=LOWER_FRONT)
    assert foreseen.plates[0].lanes[0].spots[0].rf == pytest.approx(0.5, abs=1e-3)  # 360 of 720 pixels
    assert readings_of(bench.session, picture_id=reading.picture_id) == [reading]


def test_a_correction_names_who_and_why_and_is_made_once_at_a_time(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    first = bench.read(picture, document([[0.3]]))

    def amend(reason: str = "front too high") -> None:
        amend_reading(bench.session, actor=bench.chemist, reading_id=first.id, edits=LOWER_FRONT, reason=reason)

    with pytest.raises(CorrectionReasonMissingError):
        amend("  ")
    amend()
    assert picture.state is PictureState.WAITING
    with pytest.raises(ReadingWaitingError):
        amend()
    second = bench.read(picture, document([[0.31]]))
    assert (second.created_by, second.reason) == (bench.chemist.account_id, "front too high")
    assert second.edits is not None
    assert second.edits["plates"][0]["front_px"] == [[0, 180], [999, 180]]
    with pytest.raises(ReadingSupersededError):
        amend()


@pytest.mark.parametrize(
    "edits",
    [{}, {"plates": [{"plate": 3, "front_px": [[0, 1], [9, 1]]}]}, {"plates": [{"front_px": [[0, 950], [999, 950]]}]}]
)  # fmt: skip
def test_a_correction_that_no_plate_can_have_leaves_nothing_behind(bench: PlateBench, edits: dict[str, object]) -> None:
    picture = bench.picture(bench.plate())
    reading = bench.read(picture, document([[0.3]]))
    with pytest.raises(EditsInvalidError):
        amend_reading(bench.session, actor=bench.chemist, reading_id=reading.id, edits=edits, reason="why")
    assert picture.state is PictureState.READ


def test_nobody_corrects_what_they_may_not_see(bench: PlateBench) -> None:
    reading = bench.read(bench.picture(bench.plate()), document([[0.3]]))
    for act in (foresee, amend_reading):
        more = {} if act is foresee else {"reason": "why"}
        with pytest.raises(ReadingNotFoundError):
            act(bench.session, actor=bench.worker, reading_id=reading.id, edits=LOWER_FRONT, **more)


def test_a_plate_keeps_its_size_when_it_is_read_anew(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate(width_mm=100, height_mm=100))
    first = bench.read(picture, document([[0.3]]))
    order = correct_reading(
        bench.session, actor=bench.chemist, reading_id=first.id, hints={"plates": [{"lane_count": 4}]}
    )
    told = hints_for(bench.session, order=order)
    assert told == {"plates": [{"width_mm": 100.0, "height_mm": 100.0, "lane_count": 4}]}


def test_the_worker_carries_a_correction_out_and_the_other_lanes_are_the_same_to_the_bit(
    database: Database, files: FileStore
) -> None:
    drawn = render(random_spec("phone", "uv254", seed=7), seed=7)

    def work() -> None:
        Worker(Context(database, files, {}), TASKS).run_until_idle()

    with database.session() as session:
        bench = PlateBench(session, files)
        plate = bench.plate(width_mm=100, height_mm=100)
        picture = add_picture(
            session, files, actor=bench.chemist, plate_id=plate.id, content=drawn.image, light=PictureLight.UV254
        )
    work()
    with database.session() as session:
        (first,) = readings_of(session, picture_id=picture.id)
        lane = max(first.document["plates"][0]["lanes"], key=lambda one: len(one["spots"]))
        gone = {"plates": [{"plate": 1, "spots": [{"lane": lane["index"], "replaces": [0], "becomes": []}]}]}
        amend_reading(session, actor=bench.chemist, reading_id=first.id, edits=gone, reason="dust")
    work()
    with database.session() as session:
        before, after = (one.document for one in readings_of(session, picture_id=picture.id))
        assert len(after["plates"][0]["lanes"][lane["index"] - 1]["spots"]) == len(lane["spots"]) - 1
        after["plates"][0]["lanes"][lane["index"] - 1]["spots"].insert(0, lane["spots"][0])
        assert after["plates"] == before["plates"]
