"""Plates with a history of standards, and criteria in one line, for tests."""

from collections.abc import Sequence
from typing import Any

from lab.plates.models import LaneKind, Reading
from lab.plates.schemas import LaneIn
from lab.plates.service import accept_reading
from lab.quality.criteria import CriteriaIn, declare
from lab.quality.judging import Check, Demand, Judgement, Verdict, judge
from lab.quality.models import QualityCriteria
from lab.results.models import Result, Technique
from lab.samples.models import Sample
from tests.lab.plates.plate_bench import PlateBench

EXACT = [0.18, 0.33, 0.56, 0.75]
BLANK = LaneIn(kind=LaneKind.BLANK)


class QualityBench(PlateBench):
    """As :class:`PlateBench`, with criteria and accepted plates."""

    def declares(self, **values: Any) -> QualityCriteria:
        """The laboratory demands this from now on."""
        data = CriteriaIn.model_validate({"westgard": False, "source": "made for a test"} | values)
        return declare(self.session, actor=self.verifier, site_id=self.laboratory.id, data=data)

    def accepted(self, *lanes: tuple[LaneIn, Sequence[Any]]) -> Reading:
        """A plate read as these bands and accepted."""
        reading = self.reading(*lanes)
        accept_reading(self.session, actor=self.chemist, reading_id=reading.id)
        return reading

    def ran(self, name: str, *values_hrf: float) -> None:
        """A plate for each value, with the standard ``name`` alone on it, accepted."""
        for value in values_hrf:
            self.accepted((self.standard(name), [value / 100]))

    def judged(self, *lanes: tuple[LaneIn, Sequence[Any]]) -> Judgement:
        """The judgement of a fresh plate read as these bands."""
        return judge(self.session, reading=self.reading(*lanes))

    def answer_on(self, *lanes: tuple[LaneIn, Sequence[Any]], sample: Sample | None = None) -> Result:
        """A submitted answer that rests on a plate with ``lanes`` and then the sample's."""
        sample = sample or self.at_laboratory()
        own = LaneIn(kind=LaneKind.SAMPLE, sample_id=sample.id)
        reading = self.reading(*lanes, (own, [0.47]))
        self.analysis(sample, Technique.TLC, "heroin", reading_id=reading.id, lane_index=len(lanes) + 1)
        return self.submitted(sample)


def checks_of(judgement: Judgement, demand: Demand) -> list[Check]:
    """Its checks of one kind."""
    return [check for check in judgement.checks if check.demand is demand]


def verdicts_of(judgement: Judgement, demand: Demand) -> list[Verdict]:
    """What came of its checks of one kind."""
    return [check.verdict for check in checks_of(judgement, demand)]
