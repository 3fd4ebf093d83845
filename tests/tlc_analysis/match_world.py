"""A simulated laboratory: true values, plates that drift, a library made from a few of them, spots to match."""

import numpy as np

from tlc_analysis.library import LibraryEntry
from tlc_analysis.match import MatchSettings, MeasuredSpot, match_spots

Labelled = tuple[MeasuredSpot, str | None]


def world(
    rng: np.random.Generator,
    *,
    substances: int = 15,
    spots: int = 40,
    unknown: float = 0.2,
    literature: float = 0.0,
    laboratory_sd_hrf: float = 4.0,
    n_range: tuple[int, int] = (2, 12),
) -> tuple[list[LibraryEntry], list[Labelled]]:
    """A library of sample means and sample spreads, and spots of its substances and of others anywhere."""
    true = rng.uniform(3, 97, substances)
    sd = 1.5 * np.exp(rng.normal(0, 0.35, substances))
    library = [
        _entry(rng, i, true[i], sd[i], rng.random() < literature, laboratory_sd_hrf, n_range) for i in range(substances)
    ]
    return library, [_spot(rng, true, sd, unknown) for _ in range(spots)]


def _entry(
    rng: np.random.Generator,
    i: int,
    true: float,
    sd: float,
    elsewhere: bool,
    laboratory_sd: float,
    n_range: tuple[int, int],
) -> LibraryEntry:
    n = int(rng.integers(*n_range, endpoint=True))
    runs = true + rng.normal(0, sd, n) + (rng.normal(0, laboratory_sd) if elsewhere else 0.0)
    return LibraryEntry(
        substance=f"s{i}",
        system="A",
        hrf=float(np.clip(runs.mean(), 0, 100)),
        sd_hrf=float(runs.std(ddof=1)) if n > 1 else None,
        n=n,
        kind="literature" if elsewhere else "own",
    )


def _spot(rng: np.random.Generator, true: np.ndarray, sd: np.ndarray, unknown: float) -> Labelled:
    u_hrf = 0.4
    if rng.random() < unknown:
        hrf, name = rng.uniform(0, 100), None
    else:
        i = int(rng.integers(len(true)))
        hrf, name = rng.normal(true[i], sd[i]), f"s{i}"
    return MeasuredSpot(lane=1, rf=(hrf + rng.normal(0, u_hrf)) / 100, rf_u=u_hrf / 100), name


class Tally:
    """Says how often what was said with a probability was so, over many simulated laboratories."""

    def __init__(self, seed: int, laboratories: int, settings: MatchSettings | None = None, **options: object) -> None:
        rng = np.random.default_rng(seed)
        said: list[tuple[float, bool]] = []
        unknown: list[tuple[float, bool]] = []
        self.held: list[bool] = []
        for _ in range(laboratories):
            library, labelled = world(rng, **options)  # type: ignore[arg-type]  # options are world's own keywords
            matches = match_spots([spot for spot, _ in labelled], library, system="A", settings=settings)
            for match, (_, name) in zip(matches, labelled, strict=True):
                said += [(c.probability, c.substance == name) for c in match.candidates]
                unknown.append((match.not_in_library or 0.0, name is None))
                if name is not None:
                    self.held.append(any(c.in_set for c in match.candidates if c.substance == name))
        self.said, self.unknown = np.array(said), np.array(unknown)

    @property
    def coverage(self) -> float:
        """Share of known truths that their 95 % set holds."""
        return float(np.mean(self.held))

    def right(self, low: float, high: float, *, unknown: bool = False) -> tuple[float, float]:
        """Mean probability said within the limits, and the share that was right; NaN when none was said."""
        table = self.unknown if unknown else self.said
        inside = table[(table[:, 0] >= low) & (table[:, 0] < high)]
        if not len(inside):
            return float("nan"), float("nan")
        return float(inside[:, 0].mean()), float(inside[:, 1].mean())
