"""What a spot's colour says about which substance it is, as a ratio of likelihoods.

The colour's density under a substance's recorded colour is compared with its density among colours in general. How
colours lie in general is learnt from the substances recorded under that reagent or light, together with a broad
declared distribution: under 254 nm everything that absorbs is dark on green, so that there a dark spot says next to
nothing. A substance without a recorded colour, and whatever is not in the library, get 1: no evidence.

How much lies on a lane is not known, and more of it is a stronger colour: the recorded colour is thinned out and
thickened along the line from the bare layer (Lambert and Beer to first order), and the amount integrated out. Colours
are CIELAB after white balance on the layer; each channel follows a Student-t distribution.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from .model import Lab
from .student import log_density

_Array = NDArray[np.float64]
WHITE_LAYER: Final = (100.0, 0.0, 0.0)
DARK_LAYER: Final = (0.0, 0.0, 0.0)
"""The layer's own colour after balancing: black where a spot adds light to the dark (``colour.spot_colour``)."""
DARK_VIEWS: Final = frozenset({"uv366"})
_STEPS: Final = np.linspace(-2.0, 2.0, 9)  # standard deviations of the logarithm of the amount


@dataclass(frozen=True, kw_only=True)
class ColourEntry:
    """A substance's own colour under a light or after a reagent ("uv366", "marquis visible"): mean of ``n`` plates.

    ``sd_lab``: standard deviation between plates of a channel, None when unknown. ``system``: the only one that it
    speaks in; None for any.
    """

    substance: str
    reagent: str
    colour_lab: Lab
    sd_lab: float | None = None
    n: int = 1
    system: str | None = None


@dataclass(frozen=True, kw_only=True)
class ColourSettings:
    """``sd_lab``: declared spread of a channel between plates, until a laboratory's own numbers say better.

    It is a judgement: two to three just noticeable steps of ΔE 2.3 on the same layer, camera and lamp. ``dof``: how
    firmly it is held. ``general_lab``, ``general_sd_lab``: where the colours of spots lie in general, before any is
    recorded, and ``general_worth`` to how many recorded substances that amounts. ``amount_octaves``: standard deviation
    of the amount on a lane against that of a standard, in doublings. All are judgements.
    """

    sd_lab: float = 6.0
    dof: float = 4.0
    general_lab: Lab = (60.0, 5.0, 5.0)
    general_sd_lab: Lab = (20.0, 25.0, 30.0)
    general_worth: float = 10.0
    amount_octaves: float = 1.0


def log_colour_ratio(
    substances: Sequence[str],
    colours: Mapping[str, Lab],
    entries: Sequence[ColourEntry],
    settings: ColourSettings,
    *,
    system: str | None = None,
) -> _Array:
    """(K,) natural logarithm of the ratio, summed over the reagents under which the spot was seen.

    ``system``: where the spot was seen; entries of other systems do not speak.
    """
    total = np.zeros(len(substances))
    place = {name: i for i, name in enumerate(substances)}
    for reagent, colour in colours.items():
        known = {e.substance: e for e in entries if e.reagent == reagent and e.system in (None, system)}
        if known:
            own = _log_densities(np.asarray(colour, np.float64), list(known.values()), settings)
            ratio = own - _log_general(np.asarray(colour, np.float64), own, settings)
            for name, value in zip(known, ratio, strict=True):
                if name in place:
                    total[place[name]] += value
    return total


def _log_densities(colour: _Array, entries: Sequence[ColourEntry], settings: ColourSettings) -> _Array:
    """(K,) log density of a colour under each entry, whatever the amount."""
    layer = np.array([DARK_LAYER if entry.reagent.split(" ")[-1] in DARK_VIEWS else WHITE_LAYER for entry in entries])
    contrast = np.array([entry.colour_lab for entry in entries]) - layer
    amounts = 2.0 ** (settings.amount_octaves * _STEPS)
    expected = layer[:, None] + amounts[:, None] * contrast[:, None]  # (K, amounts, 3)
    expected[..., 0] = np.clip(expected[..., 0], 0.0, 100.0)
    dof, scale = np.array([_spread(entry, settings) for entry in entries]).T
    z = (colour - expected) / scale[:, None, None]
    dense = (log_density(z, dof[:, None, None]) - np.log(scale)[:, None, None]).sum(axis=2)
    weight = np.exp(-0.5 * _STEPS**2)
    return np.asarray(logsumexp(dense, b=weight / weight.sum(), axis=1), np.float64)


def _spread(entry: ColourEntry, settings: ColourSettings) -> tuple[float, float]:
    """Degrees of freedom and scale of the next colour: own numbers shrunk towards the declared spread."""
    dof = settings.dof + (entry.n - 1 if entry.sd_lab is not None else 0)
    spread2 = settings.dof * settings.sd_lab**2 + (entry.n - 1) * (entry.sd_lab or 0.0) ** 2
    return dof, float(np.sqrt(spread2 / dof * (1 + 1 / entry.n)))


def _log_general(colour: _Array, own: _Array, settings: ColourSettings) -> float:
    """Log density of a colour among colours in general: the recorded ones, and the declared distribution."""
    z = (colour - settings.general_lab) / settings.general_sd_lab
    broad = -float((0.5 * z**2 + np.log(settings.general_sd_lab) + 0.5 * np.log(2 * np.pi)).sum())
    worth = np.append(np.ones(len(own)), settings.general_worth)
    return float(logsumexp(np.append(own, broad), b=worth / worth.sum()))
