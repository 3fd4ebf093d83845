import pytest

from tlc_analysis.lanes import Evidence, _single, comb_of, find_lanes, lanes_at


def _seen(*places: tuple[float, float], width: float = 24.0, weight: float = 30.0) -> list[Evidence]:
    return [Evidence(x=x, y=y, width=width, weight=weight) for x, y in places]


def _columns(seen: list[Evidence], marks: tuple[float, ...] = (), **more: object) -> list[float]:
    lanes = find_lanes(seen, marks=marks, origin_y=520.0, width=400.0, **more)  # type: ignore[arg-type]  # options vary
    return [path.x for path in lanes.paths]


def test_bands_that_line_up_are_one_lane() -> None:
    assert _columns(_seen((100, 200), (103, 400), (250, 300), (248, 150))) == pytest.approx([101.5, 249.0], abs=1)


def test_nothing_seen_and_nothing_marked_is_no_lane() -> None:
    assert _columns([]) == []


def test_marked_lanes_are_listed_even_when_empty() -> None:
    assert _columns(_seen((100, 200)), marks=(101.0, 200.0, 300.0)) == [101.0, 200.0, 300.0]


def test_marks_alone_make_lanes() -> None:
    assert _columns([], marks=(80.0, 160.0)) == [80.0, 160.0]


def test_a_strong_band_without_a_mark_keeps_its_lane() -> None:
    strong = _seen((300, 200), (300, 320), weight=40.0)
    assert _columns(_seen((100, 200)) + strong, marks=(100.0, 200.0)) == pytest.approx([100, 200, 300])


def test_a_faint_thing_between_marked_lanes_is_no_lane() -> None:
    assert _columns([*_seen((100, 200)), *_seen((151, 333), weight=8.0)], marks=(100.0, 200.0)) == [100.0, 200.0]


def test_one_missing_tooth_of_a_regular_comb_is_a_lane() -> None:
    seen = _seen((60, 200), (120, 200), (240, 300), (300, 200))
    assert _columns(seen) == pytest.approx([60, 120, 180, 240, 300], abs=1)


def test_unequal_lanes_are_not_pressed_into_a_comb() -> None:
    assert comb_of([60.0, 120.0, 205.0]) is None
    assert _columns(_seen((60, 200), (120, 200), (205, 200))) == pytest.approx([60, 120, 205])


def test_a_comb_has_its_pitch_and_its_teeth() -> None:
    comb = comb_of([50.0, 100.0, 201.0, 250.0])
    assert comb is not None
    pitch, teeth = comb
    assert pitch == pytest.approx(50.2, abs=0.5)
    assert teeth.tolist() == [0, 1, 3, 4]


def test_a_label_under_no_band_is_an_empty_lane() -> None:
    seen = _seen((60, 200), (260, 300))
    assert _columns(seen, labels=(62.0, 160.0, 258.0)) == pytest.approx([60, 160, 260], abs=1)


def test_a_label_off_the_middle_of_two_lanes_is_an_empty_lane_but_a_speck_beside_one_is_none() -> None:
    seen = _seen((60, 200), (260, 300))
    assert _columns(seen, labels=(62.0, 140.0, 258.0)) == pytest.approx([60, 140, 260], abs=1)
    assert _columns(seen, labels=(62.0, 110.0, 258.0)) == pytest.approx([60, 260], abs=1)


def test_where_each_lane_has_its_mark_a_speck_among_the_labels_is_no_lane() -> None:
    seen = _seen((60, 200), (160, 250), (260, 300))
    marks, labels = (60.0, 160.0, 260.0), (61.0, 161.0, 210.0, 259.0)
    assert _columns(seen, marks=marks, labels=labels) == [60.0, 160.0, 260.0]


def test_a_lane_with_one_faint_band_a_pitch_from_the_others_is_a_lane_and_a_stray_is_none() -> None:
    full = [(60.0 * lane, y) for lane in range(1, 6) for y in (120.0, 200.0, 280.0, 360.0, 440.0)]

    def columns(x: float) -> list[float]:
        return _columns(_seen(*full) + _seen((x, 310), weight=10.0))

    usual = [60, 120, 180, 240, 300]
    assert columns(362) == pytest.approx([*usual, 362], abs=1)
    assert columns(335) == pytest.approx(usual, abs=1)
    assert columns(391) == pytest.approx(usual, abs=1)


def test_the_missing_tooth_of_a_comb_that_wavers_is_found() -> None:
    drawn = (50, 98, 145, 192, 245, 341, 385)
    assert _columns(_seen(*((x, 200) for x in drawn))) == pytest.approx([50, 98, 145, 192, 245, 293, 341, 385], abs=1)


def test_labels_that_stand_under_nothing_make_no_lanes() -> None:
    assert _columns(_seen((60, 200), (260, 300)), labels=(120.0, 180.0, 320.0)) == pytest.approx([60, 260])


def test_a_count_fills_what_is_missing() -> None:
    seen = _seen((60, 200), (120, 200), (300, 200))
    assert len(_columns(seen, lane_count=5)) == 5


def test_a_count_does_not_remove_what_is_plainly_there() -> None:
    seen = _seen((60, 200), (60, 300), (120, 200), (120, 330), (205, 200), (205, 250), weight=40.0)
    lanes = find_lanes(seen, marks=(), origin_y=520.0, width=400.0, lane_count=2)
    assert len(lanes.paths) == 3
    assert lanes.uncertain


def test_lanes_put_by_a_person_are_a_command() -> None:
    lanes = lanes_at((300.0, 100.0), _seen((200, 200)), origin_y=520.0, width=400.0)
    assert [path.x for path in lanes.paths] == [100.0, 300.0]


def test_a_leaning_lane_is_followed() -> None:
    seen = _seen((110, 420), (120, 320), (130, 220), (140, 120))
    (path,) = find_lanes(seen, marks=(), origin_y=520.0, width=400.0).paths
    assert path.slope == pytest.approx(-0.1, abs=0.01)
    assert path.at(520.0) == pytest.approx(100, abs=2)


def test_the_two_sides_of_a_cross_are_one_mark() -> None:
    assert _columns([], marks=(95.0, 105.0, 195.0, 206.0, 300.0)) == [100.0, 200.5, 300.0]


def test_close_lanes_are_not_taken_for_double_marks() -> None:
    marks = tuple(float(x) for x in range(20, 380, 12))
    assert _columns([], marks=marks) == list(marks)


def test_the_two_arms_of_a_wide_cross_are_one_mark_and_close_lanes_stay_apart() -> None:
    assert _single((76.0, 92.0, 340.0, 355.0), 415.0) == (84.0, 347.5)
    close = tuple(23.0 + 8.0 * i for i in range(20))
    assert _single(close, 200.0) == close
