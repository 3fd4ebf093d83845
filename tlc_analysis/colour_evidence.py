"""What a spot's colour says about which substance it is, as a ratio of likelihoods.

The ratio compares the colour's density under a substance's recorded colour with its density among colours in
general; a substance without a recorded colour under that reagent, and whatever is not in the library, get 1:
no evidence. Colours are CIELAB after white balance; each channel follows a Student-t distribution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .model import Lab


@dataclass(frozen=True, kw_only=True)
class ColourEntry:
    """A substance's own colour under a reagent or a light ("uv366", "marquis"): mean of ``n`` plates.

    ``sd_lab``: standard deviation between plates of a channel, None when unknown.
    """

    substance: str
    reagent: str
    colour_lab: Lab
    sd_lab: float | None = None
    n: int = 1


@dataclass(frozen=True, kw_only=True)
class ColourSettings:
    """``sd_lab``: declared spread of a channel between plates, until a laboratory's own numbers say better.

    It is a judgement: two to three just noticeable steps of ΔE 2.3 on the same layer, camera and lamp. ``dof``: how
    firmly it is held. ``general_lab``, ``general_sd_lab``: where the colours of spots lie in general.
    """

    sd_lab: float = 6.0
    dof: float = 4.0
    general_lab: Lab = (60.0, 5.0, 5.0)
    general_sd_lab: Lab = (20.0, 25.0, 30.0)


def log_colour_ratio(
    substances: Sequence[str],
    colours: Mapping[str, Lab],
    entries: Sequence[ColourEntry],
    settings: ColourSettings,
) -> NDArray[np.float64]:
    """(K,) natural logarithm of the ratio, summed over the reagents under which the spot was seen."""
    total = np.zeros(len(substances))
    for reagent, colour in colours.items():
        known = {e.substance: e for e in entries if e.reagent == reagent}
        for i, name in enumerate(substances):
            if name in known:
                total[i] += _log_ratio(np.asarray(colour), known[name], settings)
    return total


def _log_ratio(colour: NDArray[np.float64], entry: ColourEntry, settings: ColourSettings) -> float:
    dof = settings.dof + (entry.n - 1 if entry.sd_lab is not None else 0)
    spread2 = settings.dof * settings.sd_lab**2 + (entry.n - 1) * (entry.sd_lab or 0.0) ** 2
    scale = np.sqrt(spread2 / dof * (1 + 1 / entry.n))
    own = stats.t.logpdf(colour, dof, loc=entry.colour_lab, scale=scale)
    general = stats.norm.logpdf(colour, loc=settings.general_lab, scale=settings.general_sd_lab)
    return float(np.sum(own) - np.sum(general))
