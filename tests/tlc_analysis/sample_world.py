"""Simulated samples run in several systems and seen under several reagents, one or more substances in each."""

from dataclasses import dataclass

import numpy as np

from tlc_analysis.colour_evidence import ColourEntry
from tlc_analysis.combine import CombinedSpot, SampleSpot, SystemRun, combine
from tlc_analysis.library import LibraryEntry

# A reagent leaves few kinds of colour on a plate: none (the layer), violet, brown, orange, blue, green, yellow.
KINDS_LAB = np.array([(90, 0, 5), (40, 30, -30), (45, 15, 25), (65, 30, 55), (45, 0, -35), (55, -30, 15), (85, 0, 60)])
KIND_SHARES = np.array([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
COLOUR_SD = 5.0  # of a channel, between plates
AMOUNT_OCTAVES = 1.0  # how much of a substance lies on a sample's lane, against a standard's
WHITE = np.array([100.0, 0.0, 0.0])
U_HRF = 0.4


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A spot of the first system with its truth, None for a substance that is not in the library."""

    spot: CombinedSpot
    name: str | None

    @property
    def top(self) -> bool:
        """Whether the most probable substance is the true one."""
        return self.spot.candidates[0].substance == self.name

    @property
    def set_size(self) -> int:
        """How many substances cannot be told apart."""
        return sum(c.in_set for c in self.spot.candidates)

    @property
    def held(self) -> bool:
        """Whether the set holds the true one."""
        return any(c.in_set for c in self.spot.candidates if c.substance == self.name)


def simulate(
    seed: int,
    samples: int,
    *,
    systems: int,
    reagents: int = 0,
    mixture: tuple[int, ...] = (1,),
    substances: int = 25,
    unknown: float = 0.2,
    missed: float = 0.05,
) -> list[Judged]:
    """Combines ``samples`` samples, each in a laboratory of its own, and gives the first system's spots."""
    rng = np.random.default_rng(seed)
    judged: list[Judged] = []
    for _ in range(samples):
        lab = _Laboratory(rng, systems, reagents, substances)
        names = [None if rng.random() < unknown else i for i in _picked(rng, substances, mixture)]
        spots, truths = lab.run(names, missed)
        if any(spots):
            runs = [SystemRun(system=f"S{s}", spots=tuple(seen)) for s, seen in enumerate(spots)]
            result = combine(runs, lab.library, colours=lab.colours)
            pairs = zip(result.spots, truths[0], strict=False)  # the first system's spots come first
            judged += [Judged(spot=spot, name=None if t is None else f"s{t}") for spot, t in pairs]
    return judged


def _picked(rng: np.random.Generator, substances: int, mixture: tuple[int, ...]) -> list[int]:
    return [int(i) for i in rng.choice(substances, int(rng.choice(mixture)), replace=False)]


class _Laboratory:
    def __init__(self, rng: np.random.Generator, systems: int, reagents: int, substances: int) -> None:
        self.rng = rng
        self.true = rng.uniform(3, 97, (systems, substances))
        self.sd = 1.5 * np.exp(rng.normal(0, 0.35, (systems, substances)))
        self.kinds = self._colours_of((reagents, substances))
        self.library = [self._entry(s, i) for s in range(systems) for i in range(substances)]
        self.colours = [self._colour(r, i) for r in range(reagents) for i in range(substances)]

    def _colours_of(self, shape: tuple[int, ...]) -> np.ndarray:
        kinds = KINDS_LAB[self.rng.choice(len(KINDS_LAB), shape, p=KIND_SHARES)]
        return kinds + self.rng.normal(0, 5, (*shape, 3))

    def _entry(self, s: int, i: int) -> LibraryEntry:
        n = int(self.rng.integers(2, 13))
        runs = self.rng.normal(self.true[s, i], self.sd[s, i], n)
        hrf, sd = float(np.clip(runs.mean(), 0, 100)), float(runs.std(ddof=1))
        return LibraryEntry(substance=f"s{i}", system=f"S{s}", hrf=hrf, sd_hrf=sd, n=n, kind="own")

    def _colour(self, r: int, i: int) -> ColourEntry:
        n = int(self.rng.integers(2, 7))
        seen = self.rng.normal(self.kinds[r, i], COLOUR_SD, (n, 3))
        lightness, a, b = seen.mean(axis=0)
        sd = float(np.sqrt(seen.var(axis=0, ddof=1).mean()))
        return ColourEntry(
            substance=f"s{i}",
            reagent=f"r{r}",
            colour_lab=(float(lightness), float(a), float(b)),
            sd_lab=sd,
            n=n,
        )

    def run(self, names: list[int | None], missed: float) -> tuple[list[list[SampleSpot]], list[list[int | None]]]:
        """Spots and truths by system; colours are seen on the first system's plate."""
        systems, reagents = len(self.true), len(self.kinds)
        spots: list[list[SampleSpot]] = [[] for _ in range(systems)]
        truths: list[list[int | None]] = [[] for _ in range(systems)]
        for i in names:
            colours = self._colours_of((reagents,)) if i is None else self.kinds[:, i]
            for s in range(systems):
                if systems > 1 and self.rng.random() < missed:
                    continue
                hrf = self.rng.uniform(0, 100) if i is None else self.rng.normal(self.true[s, i], self.sd[s, i])
                seen = self._seen(colours) if s == 0 else np.empty((0, 3))
                lab = {f"r{r}": (float(c[0]), float(c[1]), float(c[2])) for r, c in enumerate(seen)}
                rf = (hrf + self.rng.normal(0, U_HRF)) / 100
                spots[s].append(SampleSpot(rf=rf, rf_u=U_HRF / 100, colours=lab))
                truths[s].append(i)
        return spots, truths

    def _seen(self, colours: np.ndarray) -> np.ndarray:
        """The colours of a spot that holds more or less than the standards did."""
        amount = 2.0 ** self.rng.normal(0, AMOUNT_OCTAVES)
        thinned = WHITE + amount * (colours - WHITE)
        thinned[:, 0] = np.clip(thinned[:, 0], 0, 100)
        return self.rng.normal(thinned, COLOUR_SD)
