"""Which series had more positives lately than what came before lets expect: pure counts in, p and q values out.

For each series (a substance among all samples, or among those sold as one thing) the last seven days are held
against the 26 weeks before them, with the number of samples tested as denominator.

- With a Jeffreys prior on the rate, what comes next is negative binomial (Höhle, surveillance: an R package for the
  monitoring of infectious diseases, Computational Statistics 2007;22:571, doi 10.1007/s00180-007-0074-8).
- Weeks that vary more than chance widen it: a dispersion of at least one, from Pearson's residuals (Farrington et al.,
  A statistical algorithm for the early detection of outbreaks of infectious disease, JRSS A 1996;159:547,
  doi 10.2307/2983331).
- Many series are looked at, so what is called a signal is bounded by the false discovery rate (Benjamini and
  Hochberg, Controlling the false discovery rate, JRSS B 1995;57:289, doi 10.1111/j.2517-6161.1995.tb02031.x).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import nbinom

BASELINE_WEEKS = 26
FALSE_DISCOVERY_RATE = 0.05
FEWEST_POSITIVE = 3  # fewer are stories, which the rules look at one by one
FEWEST_BEFORE = 50  # samples tested in the weeks before: below that nothing is known of what to expect
FEWEST_WEEKS = 8  # of them with any sample
_JEFFREYS = 0.5


@dataclass(frozen=True)
class Series:
    """Counts by week, the oldest first; the last one is the week in question."""

    substance: str
    sold_as: str  # empty: among all samples
    positive: Sequence[int]
    tested: Sequence[int]

    @property
    def long_enough(self) -> bool:
        """Whether enough was tested before, and anything now."""
        before = self.tested[:-1]
        enough = sum(before) >= FEWEST_BEFORE and sum(count > 0 for count in before) >= FEWEST_WEEKS
        return enough and self.tested[-1] > 0


@dataclass(frozen=True)
class Judged:
    """A series with what was expected of it. ``q_value`` is corrected for all series looked at."""

    series: Series
    expected: float
    p_value: float
    q_value: float

    @property
    def is_signal(self) -> bool:
        return self.q_value <= FALSE_DISCOVERY_RATE and self.series.positive[-1] >= FEWEST_POSITIVE


def judge(every: Sequence[Series]) -> list[Judged]:
    """Every series that can be judged, the most surprising first."""
    looked_at = [one for one in every if one.long_enough]
    predicted = [(one, *predict(one)) for one in looked_at]
    ranked = sorted(predicted, key=lambda row: row[2])
    judged: list[Judged] = []
    smallest = 1.0
    for rank in range(len(ranked), 0, -1):
        series, expected, p_value = ranked[rank - 1]
        smallest = min(smallest, p_value * len(ranked) / rank)
        judged.append(Judged(series, expected, p_value, smallest))
    return judged[::-1]


def predict(series: Series) -> tuple[float, float]:
    """How many positives were to be expected among as many samples, and how likely as many as there were, or more."""
    before, tested = sum(series.positive[:-1]) + _JEFFREYS, sum(series.tested[:-1])
    expected = series.tested[-1] * before / tested
    variance = dispersion(series) * expected + expected**2 / before
    size = expected**2 / (variance - expected)
    return expected, float(nbinom.sf(series.positive[-1] - 1, size, size / (size + expected)))


def dispersion(series: Series) -> float:
    """How much more the weeks before varied than counts do by chance; never less than one."""
    rows = [(y, n) for y, n in zip(series.positive[:-1], series.tested[:-1], strict=True) if n > 0]
    rate = sum(y for y, _ in rows) / sum(n for _, n in rows)
    if rate == 0 or len(rows) < 2:
        return 1.0
    return max(1.0, sum((y - n * rate) ** 2 / (n * rate) for y, n in rows) / (len(rows) - 1))
