"""One reading of a plate, judged by what its laboratory demands: each demand passed, failed, or not judged, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlmodel import Session

from lab.kit.messages import Message
from lab.library.models import TlcSystem
from lab.library.names import fold
from lab.library.service import match_library, spread_settings
from lab.plates.correction import Correction, correction_of
from lab.plates.joining import Joined, join
from lab.plates.models import LaneKind, Plate, Reading
from lab.plates.queries import lanes_of
from lab.quality.controls import Measured, measured_standards, picture_plate, points_of, system_names
from lab.quality.criteria import Criteria, criteria_at
from lab.quality.duplicates import Duplicate, duplicates_of
from lab.quality.westgard import WARNING_ONLY, Baseline, Rule, baseline_of, broken_by_last, range_broken
from tlc_analysis.prediction import predict
from tlc_analysis.serialise import from_json


class Demand(StrEnum):
    """What is looked at."""

    STANDARDS = "standards"
    WINDOW = "window"
    BLANK = "blank"
    WESTGARD = "westgard"
    DUPLICATES = "duplicates"


class Verdict(StrEnum):
    """What came of it; a warning fails nothing."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing looked at, and what is to be said of it."""

    demand: Demand
    verdict: Verdict
    message: Message


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """A plate as read, under ``criteria``. ``measured`` and ``duplicates``: the figures behind it."""

    plate: Plate
    reading: Reading
    criteria: Criteria
    checks: tuple[Check, ...]
    measured: tuple[Measured, ...]
    duplicates: tuple[Duplicate, ...]

    @property
    def failures(self) -> tuple[Message, ...]:
        """Why no verified answer may rest on it without a written reason; empty when it passed."""
        return tuple(check.message for check in self.checks if check.verdict is Verdict.FAILED)


def judge(session: Session, *, reading: Reading, criteria: Criteria | None = None) -> Judgement:
    """Judge ``reading`` by ``criteria``, or by those that hold at its laboratory now."""
    plate = picture_plate(session, reading=reading)
    criteria = criteria or criteria_at(session, site_id=plate.site_id)
    system = session.get_one(TlcSystem, plate.system_id)
    names = system_names(session, plate=plate)
    joined = join(from_json(reading.document), lanes_of(session, plate_id=plate.id))
    correction = correction_of(joined, system, names)
    measured = measured_standards(session, joined=joined, system=system, names=names)
    duplicates = duplicates_of(joined, correction)
    checks = (
        *_joined(joined, criteria),
        _standards(correction, measured, criteria),
        *_window(_expected(session, plate, system, correction), measured, correction, criteria),
        *_blank(joined, criteria),
        *_westgard(session, plate, measured, criteria),
        *_duplicates(duplicates, criteria),
    )
    return Judgement(
        plate=plate, reading=reading, criteria=criteria, checks=checks, measured=measured, duplicates=duplicates
    )


def _check(demand: Demand, verdict: Verdict, text: str, **params: str | float) -> Check:
    return Check(demand=demand, verdict=verdict, message=Message(f"quality.{demand}.{text}", params))


def _joined(joined: Joined, criteria: Criteria) -> list[Check]:
    """Lanes that could not be joined show neither standards nor blank, whatever lies on them."""
    if joined.problem is None or not criteria.demands_a_plate:
        return []
    return [Check(demand=Demand.STANDARDS, verdict=Verdict.FAILED, message=joined.problem)]


def _standards(correction: Correction, measured: Sequence[Measured], criteria: Criteria) -> Check:
    """Where a system has correction standards all of them are meant, elsewhere any clear standard."""
    used, expected = len(correction.standards), correction.expected
    whole = used == expected if expected else bool(measured)
    params = {"used": used if expected else len(measured), "expected": expected or 1}
    if whole:
        return _check(Demand.STANDARDS, Verdict.PASSED, "complete", **params)
    verdict = Verdict.FAILED if criteria.standards_required else Verdict.NOT_JUDGED
    return _check(Demand.STANDARDS, verdict, "missing", **params)


def _expected(session: Session, plate: Plate, system: TlcSystem, correction: Correction) -> Mapping[str, float]:
    """Where each substance should run: the reference of a correction standard, else what the library expects."""
    library = match_library(
        session, system_id=system.id, site_id=plate.site_id, layer=plate.layer, corrected=bool(correction.standards)
    )
    prediction = predict(library, system=system.code, settings=spread_settings(session, system_id=system.id))
    places = zip(prediction.substances, prediction.location, strict=True)
    known = {fold(name): float(place) for name, place in places}
    reference = {fold(str(row["substance"])): float(str(row["hrfc"])) for row in system.correction_standards}
    return known | reference


def _window(
    expected: Mapping[str, float], measured: Sequence[Measured], correction: Correction, criteria: Criteria
) -> list[Check]:
    if criteria.window_hrf is None:
        return []
    checks = []
    for one in measured:
        place = expected.get(fold(one.substance))
        if place is None:
            checks.append(
                _check(Demand.WINDOW, Verdict.NOT_JUDGED, "unknown", lane=one.lane_index, substance=one.substance)
            )
            continue
        found = _as_expected(one, correction)
        far = abs(found - place) > criteria.window_hrf
        checks.append(
            _check(
                Demand.WINDOW, Verdict.FAILED if far else Verdict.PASSED, "far" if far else "near",
                lane=one.lane_index, substance=one.substance, found=round(found, 1), expected=round(place, 1),
                limit=criteria.window_hrf,
            )
        )  # fmt: skip
    if not measured:
        checks.append(_check(Demand.WINDOW, Verdict.NOT_JUDGED, "none"))
    return checks


def _as_expected(one: Measured, correction: Correction) -> float:
    """A correction standard as read, for corrected it lies on its reference by construction; others as corrected."""
    if fold(one.substance) in {fold(standard.substance) for standard in correction.standards}:
        return one.hrf
    lanes = [] if correction.plate is None else correction.plate.lanes
    lane = next((lane for lane in lanes if any(spot is one.spot for spot in lane.spots)), None)
    corrected = None if lane is None else correction.apply(lane, one.spot)
    return one.hrf if corrected is None else corrected.hrfc


def _blank(joined: Joined, criteria: Criteria) -> list[Check]:
    blanks = [lane for lane in joined.lanes if lane.laid.kind is LaneKind.BLANK and lane.read is not None]
    if not blanks:
        verdict = Verdict.FAILED if criteria.blank_required else Verdict.NOT_JUDGED
        return [_check(Demand.BLANK, verdict, "missing")]
    dirty = [lane.laid.index for lane in blanks if lane.read is not None and lane.read.spots]
    if not dirty:
        return [_check(Demand.BLANK, Verdict.PASSED, "clean", blanks=len(blanks))]
    verdict = Verdict.FAILED if criteria.blank_clean else Verdict.WARNING
    return [_check(Demand.BLANK, verdict, "bands", lane=lane) for lane in dirty]


def _westgard(session: Session, plate: Plate, measured: Sequence[Measured], criteria: Criteria) -> list[Check]:
    """Each standard against its own history; R-4s among the standards of this plate, which are one run."""
    if not criteria.westgard or not measured:
        return []
    checks: list[Check] = []
    run: list[float] = []
    for substance_id in dict.fromkeys(one.substance_id for one in measured):
        mine = [one for one in measured if one.substance_id == substance_id]
        earlier = _earlier(session, plate, substance_id)
        baseline = baseline_of(earlier, runs=criteria.baseline_runs)
        if baseline is None:
            checks.append(
                _check(
                    Demand.WESTGARD, Verdict.NOT_JUDGED, "gathering", substance=mine[0].substance,
                    runs=len(earlier), wanted=criteria.baseline_runs,
                )
            )  # fmt: skip
            continue
        z = [baseline.z(value) for value in earlier[baseline.runs :]]
        for one in mine:
            z.append(baseline.z(one.hrf))
            run.append(z[-1])
            checks.append(_ruled(one, z, baseline))
    if range_broken(run):
        checks.append(_check(Demand.WESTGARD, Verdict.FAILED, "range", low=round(min(run), 1), high=round(max(run), 1)))
    return checks


def _earlier(session: Session, plate: Plate, substance_id: UUID) -> list[float]:
    rows = points_of(
        session, site_id=plate.site_id, system_id=plate.system_id, substance_id=substance_id, layer=plate.layer
    )
    return [
        point.hrf for point, number in rows if (point.run_at, number) < (plate.created_at, plate.number)
    ]  # this plate's own points, should it be accepted already, are what is judged


def _ruled(one: Measured, z: Sequence[float], baseline: Baseline) -> Check:
    broken = broken_by_last(z)
    rules = ", ".join(rule.value for rule in Rule if rule in broken)
    verdict = Verdict.PASSED if not broken else Verdict.WARNING if broken <= WARNING_ONLY else Verdict.FAILED
    return _check(
        Demand.WESTGARD, verdict, "kept" if not broken else "broken", lane=one.lane_index, substance=one.substance,
        rules=rules, found=round(one.hrf, 1), mean=round(baseline.mean, 1), sd=round(baseline.sd, 2),
    )  # fmt: skip


def _duplicates(duplicates: Sequence[Duplicate], criteria: Criteria) -> list[Check]:
    if criteria.duplicate_limit is None:
        return []
    checks = []
    for pair in duplicates:
        far = pair.apart is None or pair.apart > criteria.duplicate_limit
        checks.append(
            _check(
                Demand.DUPLICATES, Verdict.FAILED if far else Verdict.PASSED,
                "unpaired" if pair.apart is None else "far" if far else "near",
                lane=pair.lane, other=pair.other_lane, spot=pair.letter,
                difference=0.0 if pair.difference_hrf is None else round(pair.difference_hrf, 1),
                limit=criteria.duplicate_limit,
            )
        )  # fmt: skip
    return checks
