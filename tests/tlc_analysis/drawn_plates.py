"""Drawn plates with their truth, one after another, so that only one picture is held at a time."""

from collections.abc import Iterable, Iterator

from tlc_analysis.benchmark_truth import TruePicture, read_truth
from tlc_analysis.model import Illumination
from tlc_analysis.synthetic import ILLUMINATIONS, Tier, blank_spec, random_spec, render


def drawn_plates(
    tier: Tier,
    seeds: Iterable[int],
    *,
    lights: Iterable[Illumination] = ILLUMINATIONS,
    blank: bool = False,
) -> Iterator[tuple[bytes, TruePicture]]:
    """One picture per seed and light."""
    for seed in seeds:
        for light in lights:
            spec = blank_spec(tier, light, seed) if blank else random_spec(tier, light, seed)
            drawn = render(spec, seed=seed)
            yield drawn.image, read_truth(drawn.truth, name=f"{tier}-{light}-{seed}")[0]
