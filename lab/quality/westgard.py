"""Westgard's rules over the runs of a control, as pure functions of its deviations from the mean.

Westgard, Barry, Hunt & Groth, A multi-rule Shewhart chart for quality control in clinical chemistry, Clin. Chem. 1981,
27, 493-501. A deviation z is (value - mean) / standard deviation. 1-2s warns; every other rule rejects the run. R-4s
compares the controls of one run (one plate) with each other and says nothing of two runs. The rules are as Westgard QC
still words them (westgard.com, "Westgard Rules and Multirules"); 10-x there is ten controls on one side of the mean.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

SOURCE = "Westgard, Barry, Hunt & Groth, Clin. Chem. 1981, 27, 493-501"
LEAST_BASELINE = 3  # fewer values have no spread worth the name; what a laboratory demands is in its criteria


class Rule(StrEnum):
    """A rule that a run can break; the value is how it is written."""

    ONE_2S = "1-2s"
    ONE_3S = "1-3s"
    TWO_2S = "2-2s"
    R_4S = "R-4s"
    FOUR_1S = "4-1s"
    TEN_X = "10-x"


WARNING_ONLY = frozenset({Rule.ONE_2S})


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """Mean and standard deviation of the first ``runs`` values: what later ones are held against."""

    mean: float
    sd: float
    runs: int

    def z(self, value: float) -> float:
        """How many standard deviations ``value`` lies above the mean."""
        return (value - self.mean) / self.sd


def baseline_of(values: Sequence[float], *, runs: int) -> Baseline | None:
    """From the first ``runs`` of ``values``; None while there are fewer, or while all of them are alike."""
    if runs < LEAST_BASELINE or len(values) < runs:
        return None
    first = values[:runs]
    sd = statistics.stdev(first)
    return Baseline(mean=statistics.fmean(first), sd=sd, runs=runs) if sd > 0 else None


def broken_by_last(z: Sequence[float]) -> frozenset[Rule]:
    """The rules that the last of ``z`` breaks, in order of time; R-4s is :func:`range_broken`'s."""
    if not z:
        return frozenset()
    last = z[-1]
    rules = {
        Rule.ONE_2S: abs(last) > 2,
        Rule.ONE_3S: abs(last) > 3,
        Rule.TWO_2S: _same_side(z, runs=2, beyond=2.0),
        Rule.FOUR_1S: _same_side(z, runs=4, beyond=1.0),
        Rule.TEN_X: _same_side(z, runs=10, beyond=0.0),
    }
    return frozenset(rule for rule, broken in rules.items() if broken)


def _same_side(z: Sequence[float], *, runs: int, beyond: float) -> bool:
    tail = z[-runs:]
    return len(tail) == runs and (all(one > beyond for one in tail) or all(one < -beyond for one in tail))


def range_broken(run: Sequence[float]) -> bool:
    """R-4s: of the controls of one run, one lies more than 2 s above its mean and another more than 2 s below."""
    return len(run) > 1 and max(run) > 2 and min(run) < -2
