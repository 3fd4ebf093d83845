"""Laying out plates, taking pictures in, correcting and accepting readings."""

import pytest
from sqlmodel import select

from lab.errors import ForbiddenError, LabError
from lab.kit.clock import today
from lab.kit.ids import new_id
from lab.kit.jobs import without_job
from lab.plates.errors import (
    HintsInvalidError,
    LaneContentError,
    LaneSampleUnknownError,
    LaneSubstanceUnknownError,
    NotAPictureError,
    PictureNotFoundError,
    PlateNotFoundError,
    PlateNumberTakenError,
    PlateSystemUnknownError,
    ReadingNotFoundError,
    ReadingSupersededError,
    ReadingWaitingError,
)
from lab.plates.models import LaneKind, OrderState, PictureState, PlatePicture
from lab.plates.readings import READ, hints_for
from lab.plates.schemas import LaneIn
from lab.plates.service import (
    add_picture,
    correct_reading,
    get_picture,
    get_plate,
    get_reading,
    lanes_of,
    latest_reading,
    list_plates,
    pictures_of,
    plates_of_sample,
    read_again,
    readings_of,
    store_failure,
)
from tests.lab.plates.pictures import SECRETS, jpeg
from tests.lab.plates.plate_bench import PlateBench, document

FRONT_MOVED = {"plates": [{"front_px": [[0, 90], [1000, 90]]}]}


def test_a_plate_keeps_its_lanes_in_order_and_counts_on_in_the_bench_book(bench: PlateBench) -> None:
    first = bench.plate(bench.standard(), bench.unknown(), LaneIn(kind=LaneKind.BLANK))
    second = bench.plate()
    assert [lane.kind for lane in lanes_of(bench.session, plate_id=first.id)] == ["standard", "sample", "blank"]
    assert (first.number, second.number) == (f"{today():%y}-1", f"{today():%y}-2")
    assert first.layer == bench.system.layer


def test_a_number_is_given_out_once(bench: PlateBench) -> None:
    bench.plate(number="26-118")
    with pytest.raises(PlateNumberTakenError):
        bench.plate(number="26-118")
    assert [plate.number for plate in list_plates(bench.session, actor=bench.chemist)] == ["26-118"]


def test_an_unknown_system_is_refused(bench: PlateBench) -> None:
    with pytest.raises(PlateSystemUnknownError):
        bench.plate(system_id=new_id())


@pytest.mark.parametrize(
    ("lane", "error"),
    [
        ({"kind": "sample"}, LaneContentError),
        ({"kind": "blank", "sample_id": new_id()}, LaneContentError),
        ({"kind": "standard", "sample_id": new_id()}, LaneContentError),
        ({"kind": "internal_standard"}, LaneContentError),
        ({"kind": "sample", "sample_id": new_id()}, LaneSampleUnknownError),
        ({"kind": "standard", "substance_id": new_id()}, LaneSubstanceUnknownError),
    ],
)
def test_a_lane_carries_what_its_kind_says(bench: PlateBench, lane: dict[str, object], error: type[LabError]) -> None:
    with pytest.raises(error) as refused:
        bench.plate(bench.standard(), LaneIn.model_validate(lane))
    assert refused.value.message.params["index"] == 2
    assert refused.value.field == "lanes"


def test_a_chemist_lays_out_only_samples_within_reach(bench: PlateBench) -> None:
    still_away = bench.sample()
    with pytest.raises(LaneSampleUnknownError):
        bench.plate(LaneIn(kind=LaneKind.SAMPLE, sample_id=still_away.id))


def test_plates_are_for_those_who_work_at_their_site(bench: PlateBench) -> None:
    plate = bench.plate(bench.unknown())
    reading = bench.read(bench.picture(plate), document([[0.3]]))
    assert get_plate(bench.session, actor=bench.chemist, plate_id=plate.id) == plate
    with pytest.raises(PlateNotFoundError):
        get_plate(bench.session, actor=bench.worker, plate_id=plate.id)
    with pytest.raises(PictureNotFoundError):
        get_picture(bench.session, actor=bench.worker, picture_id=reading.picture_id)
    with pytest.raises(ReadingNotFoundError):
        get_reading(bench.session, actor=bench.worker, reading_id=reading.id)
    with pytest.raises(ForbiddenError):
        bench.plate(site_id=bench.north.id)
    assert list_plates(bench.session, actor=bench.worker) == []


def test_a_sample_leads_to_its_plates(bench: PlateBench) -> None:
    lane = bench.unknown()
    plates = [bench.plate(lane), bench.plate(lane)]
    bench.plate(bench.unknown())
    assert lane.sample_id is not None
    assert plates_of_sample(bench.session, sample_id=lane.sample_id) == plates


def test_a_picture_is_stored_without_its_story_and_its_reading_queued(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    stored = bench.files.get(picture.file_key)
    assert all(secret not in stored for secret in SECRETS.values())
    assert picture.file_key.endswith(picture.sha256)
    assert (picture.size_bytes, picture.media_type) == (len(stored), "image/jpeg")
    assert picture.state is PictureState.WAITING
    assert without_job(bench.session, READ, [str(bench.order(picture).id)]) == []


def test_a_bad_picture_leaves_nothing_behind(bench: PlateBench) -> None:
    plate = bench.plate()
    with pytest.raises(NotAPictureError):
        bench.picture(plate, b"text that calls itself a picture")
    assert bench.session.exec(select(PlatePicture)).all() == []


def test_pictures_come_back_in_the_order_they_came(bench: PlateBench) -> None:
    plate = bench.plate()
    pictures = [bench.picture(plate, jpeg(turn)) for turn in (1, 3, 6)]
    assert pictures_of(bench.session, plate_id=plate.id) == pictures


def test_the_layout_tells_the_reader_the_size_and_as_evidence_the_number_of_lanes(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate(bench.standard(), bench.standard(), width_mm=100.0))
    assert hints_for(bench.session, order=bench.order(picture)) == {"plates": [{"width_mm": 100.0, "lane_count": 2}]}
    assert hints_for(bench.session, order=bench.order(bench.picture(bench.plate()))) is None


def test_a_correction_becomes_a_later_reading_that_supersedes(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    first = bench.read(picture, document([[0.3]]))
    order = correct_reading(
        bench.session, actor=bench.chemist, reading_id=first.id, hints=FRONT_MOVED, reason="front moved"
    )
    assert picture.state is PictureState.WAITING
    assert hints_for(bench.session, order=order) == FRONT_MOVED
    second = bench.read(picture, document([[0.31]]))
    assert (second.number, second.supersedes_id, second.hints) == (2, first.id, FRONT_MOVED)
    assert (second.created_by, second.reason) == (bench.chemist.account_id, "front moved")
    assert (first.created_by, first.document) == (None, document([[0.3]]))
    assert readings_of(bench.session, picture_id=picture.id) == [first, second]
    assert picture.state is PictureState.READ


def test_a_reading_is_corrected_once_at_a_time_and_only_while_it_stands(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    first = bench.read(picture, document([[0.3]]))

    def correct() -> None:
        correct_reading(bench.session, actor=bench.chemist, reading_id=first.id, hints=FRONT_MOVED)

    correct()
    with pytest.raises(ReadingWaitingError):
        correct()
    bench.read(picture, document([[0.31]]))
    with pytest.raises(ReadingSupersededError):
        correct()


def test_hints_that_cannot_be_understood_are_refused(bench: PlateBench) -> None:
    reading = bench.read(bench.picture(bench.plate()), document([[0.3]]))
    for hints in ({"plate": []}, {"plates": [{"front_px": "high"}]}, {"up": "sideways"}):
        with pytest.raises(HintsInvalidError):
            correct_reading(bench.session, actor=bench.chemist, reading_id=reading.id, hints=hints)


def test_a_correction_that_fails_leaves_the_earlier_reading_standing(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    reading = bench.read(picture, document([[0.3]]))
    correct_reading(bench.session, actor=bench.chemist, reading_id=reading.id, hints=FRONT_MOVED)
    store_failure(bench.session, order=bench.order(picture), failure="failure.plate.hints")
    assert (picture.state, picture.failure) == (PictureState.READ, "failure.plate.hints")
    assert latest_reading(bench.session, picture_id=picture.id) == reading
    correct_reading(bench.session, actor=bench.chemist, reading_id=reading.id, hints=FRONT_MOVED)
    assert picture.failure is None


def test_a_picture_that_could_not_be_read_can_be_tried_again(bench: PlateBench) -> None:
    picture = bench.picture(bench.plate())
    with pytest.raises(ReadingWaitingError):
        read_again(bench.session, actor=bench.chemist, picture_id=picture.id)
    store_failure(bench.session, order=bench.order(picture), failure="failure.plate.timeout")
    assert picture.state is PictureState.FAILED
    order = read_again(bench.session, actor=bench.chemist, picture_id=picture.id)
    assert (order.state, picture.state, picture.failure) == (OrderState.WAITING, PictureState.WAITING, None)
    bench.read(picture, document([[0.3]]))
    with pytest.raises(ReadingSupersededError):
        read_again(bench.session, actor=bench.chemist, picture_id=picture.id)


def test_a_picture_needs_a_plate_that_one_may_work_on(bench: PlateBench) -> None:
    plate = bench.plate()
    for actor, plate_id in ((bench.chemist, new_id()), (bench.worker, plate.id)):
        with pytest.raises(PlateNotFoundError):
            add_picture(bench.session, bench.files, actor=actor, plate_id=plate_id, content=jpeg())
