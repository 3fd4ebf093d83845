"""Two pictures of one plate, from being taken in to one spot with two colours."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlmodel import Session, select

from lab.kit.db import Database
from lab.kit.files import FileStore
from lab.plates.alignments import finish, order_alignments, overlaid, to_align
from lab.plates.models import AlignmentState, PictureAlignment, PictureLight, Plate, PlatePicture
from lab.plates.sandbox import align_pictures
from lab.plates.service import add_picture
from tests.lab.plates.plate_bench import PlateBench, document
from tests.lab.plates.test_plate_jobs import work
from tlc_analysis.synthetic import SyntheticPlate, random_spec, render

Pair = tuple[PlateBench, Plate, PlatePicture, PlatePicture]


def drawn(seed: int = 3) -> tuple[SyntheticPlate, SyntheticPlate]:
    """One plate under two lights, from two camera positions."""
    first = random_spec("phone", "uv254", seed, megapixels=0.9)
    camera = random_spec("phone", "visible", seed + 100, megapixels=0.9).camera
    camera = replace(
        camera, px_per_mm=0.95 * first.camera.px_per_mm, width_px=first.camera.width_px,
        height_px=first.camera.height_px, look_x_mm=first.camera.look_x_mm, look_y_mm=first.camera.look_y_mm,
    )  # fmt: skip
    return render(first, seed=seed), render(replace(first, illumination="visible", camera=camera), seed=seed)


def centres(plate: SyntheticPlate) -> NDArray[np.float64]:
    return np.array([spot["centre_px"] for lane in plate.truth["plates"][0]["lanes"] for spot in lane["spots"]])


def as_read(plate: SyntheticPlate) -> dict[str, Any]:
    """A reading whose corners are the truth."""
    content = document([[]])
    content["image"]["illumination"] = plate.truth["image"]["illumination"]
    content["plates"][0]["corners_px"] = plate.truth["plates"][0]["corners_px"]
    return content


def test_the_limited_process_lays_a_spot_where_it_is_on_the_other_picture() -> None:
    first, other = drawn()
    found = align_pictures(first.image, other.image, documents=(as_read(first), as_read(other)), plates=(0, 0))
    places = np.c_[centres(other), np.ones(len(centres(other)))] @ np.array(found["matrix"]).T
    away = np.linalg.norm(places[:, :2] / places[:, 2:] - centres(first), axis=1)
    corners = np.array(first.truth["plates"][0]["corners_px"])
    assert len(away) > 0
    assert away.max() < 0.01 * np.linalg.norm(corners[0] - corners[3])  # a hundredth of the plate's height
    assert not found["turned"]


def test_pictures_are_aligned_when_both_are_read(database: Database, files: FileStore) -> None:
    first, other = drawn()
    with database.session() as session:
        bench = PlateBench(session, files)
        plate = bench.plate(*(bench.unknown() for _ in first.truth["plates"][0]["lanes"]))
        for image, light in ((first.image, PictureLight.UV254), (other.image, PictureLight.VISIBLE)):
            add_picture(session, files, actor=bench.chemist, plate_id=plate.id, content=image, light=light)
    work(database, files)
    with database.reading() as session:
        row = session.exec(select(PictureAlignment)).one()
        assert row.state is AlignmentState.DONE, row.failure
        bands = overlaid(session, plate_id=plate.id, picture_id=row.reference_id)
        both = [band for band in bands if len(band.seen) == 2]
        assert len(both) >= len(bands) / 2 > 0
        assert {one.view for one in both[0].seen} == {"uv254", "visible"}


def state_of(bench: PlateBench, picture: PlatePicture) -> AlignmentState:
    return bench.session.get_one(PictureAlignment, picture.id).state


@pytest.fixture
def pair(bench: PlateBench) -> Pair:
    """A plate with two pictures read as the same plate, the second shifted by 30 pixels."""
    plate = bench.plate(bench.unknown(), bench.unknown())
    one, two = bench.picture(plate), bench.picture(plate)
    shifted = document([[0.3], [0.5, 0.8]])
    for lane in shifted["plates"][0]["lanes"]:
        for spot in lane["spots"]:
            spot["centre_px"][0] += 30
    bench.read(one, document([[0.3], [0.5]]))
    bench.read(two, shifted)
    order_alignments(bench.session, picture_id=two.id)
    return bench, plate, one, two


def aligned(session: Session, picture_id: UUID) -> None:
    task = to_align(session, picture_id=picture_id)
    assert task is not None
    matrix = [[1.0, 0.0, -30.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    finish(session, task=task, found={"matrix": matrix, "likeness": 0.9, "turned": False}, failure=None)


def test_a_spot_seen_twice_is_one_band_and_one_seen_once_is_kept(pair: Pair) -> None:
    bench, plate, one, two = pair
    assert overlaid(bench.session, plate_id=plate.id, picture_id=one.id) == ()  # not aligned yet: nothing is claimed
    aligned(bench.session, two.id)
    bands = overlaid(bench.session, plate_id=plate.id, picture_id=one.id)
    assert [(band.lane, len(band.seen), band.here is not None) for band in bands] == [
        (1, 2, True), (2, 2, True), (2, 1, False),
    ]  # fmt: skip


def test_aligning_is_ordered_once_and_anew_only_for_other_corners(pair: Pair) -> None:
    bench, _, _, two = pair
    aligned(bench.session, two.id)
    order_alignments(bench.session, picture_id=two.id)
    assert state_of(bench, two) is AlignmentState.DONE
    bench.session.get_one(PictureAlignment, two.id).basis = [[[0, 0]], [[0, 0]]]
    order_alignments(bench.session, picture_id=two.id)
    assert state_of(bench, two) is AlignmentState.WAITING


def test_pictures_that_do_not_fit_are_said_to_and_claim_nothing(pair: Pair) -> None:
    bench, plate, one, two = pair
    task = to_align(bench.session, picture_id=two.id)
    assert task is not None
    finish(bench.session, task=task, found=None, failure="failure.plate.align")
    assert overlaid(bench.session, plate_id=plate.id, picture_id=one.id) == ()
    assert to_align(bench.session, picture_id=two.id) is None
