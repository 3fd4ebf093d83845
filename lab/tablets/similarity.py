"""When two tablets look alike: one documented rule, on what was written down of them.

Marks are shape, logo, score line, colours and sizes [DIMS]. The rule, in order:

1. **Nothing may contradict.** A mark that both have must agree: shape and score are equal; logos are equal once folded,
   or one slip apart from four letters on; at least one colour is shared; each size differs by no more than
   :data:`TOLERANCE_MM`.
2. **Enough must agree.** The logo and one other mark; or, where a tablet has no logo written down, shape, colour and at
   least one size.

What is not written down neither helps nor contradicts. The mass is no mark: it is what varies when a press is fed
differently, and a mass that differs is itself worth seeing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from lab.library.names import fold, squeeze
from lab.library.search import distance

TOLERANCE_MM = 0.5
"""Declared judgement, not a published figure: a ruler at a counter is read to half a millimetre."""
_SIZES = ("length_mm", "width_mm", "thickness_mm")
_LONG_LOGO = 4


@dataclass(frozen=True)
class Marks:
    """What is written down of a tablet's looks."""

    shape: str | None = None
    logo: str | None = None
    score: bool | None = None
    colours: frozenset[str] = frozenset()
    length_mm: float | None = None
    width_mm: float | None = None
    thickness_mm: float | None = None

    @property
    def is_enough(self) -> bool:
        """Whether these marks could be matched at all."""
        sized = any(getattr(self, size) is not None for size in _SIZES)
        others = (self.shape, self.colours, self.score is not None, sized)
        return bool(self.logo and any(others)) or bool(self.shape and self.colours and sized)


def alike(one: Marks, other: Marks) -> bool:
    """Whether two tablets look alike, by the rule above; symmetric."""
    agreements = dict(_comparisons(one, other))
    if not all(agreements.values()):
        return False
    agreed = set(agreements)
    sized = bool(agreed & set(_SIZES))
    if "logo" in agreed:
        return len(agreed) >= 2
    # One with a logo and one without may be two sides of the same tablet, or not: shape, colour and size decide.
    return {"shape", "colours"} <= agreed and sized


def _comparisons(one: Marks, other: Marks) -> Iterable[tuple[str, bool]]:
    """Each mark that both have, and whether it agrees."""
    if one.shape and other.shape:
        yield "shape", one.shape == other.shape
    if one.logo and other.logo:
        yield "logo", same_logo(one.logo, other.logo)
    if one.score is not None and other.score is not None:
        yield "score", one.score == other.score
    if one.colours and other.colours:
        yield "colours", bool(one.colours & other.colours)
    for size in _SIZES:
        mine, theirs = getattr(one, size), getattr(other, size)
        if mine is not None and theirs is not None:
            yield size, abs(mine - theirs) <= TOLERANCE_MM + 1e-9


def same_logo(one: str, other: str) -> bool:
    """``Blue Punisher`` is ``blue-punisher``; from four letters on one slip of the finger is forgiven."""
    mine, theirs = squeeze(fold(one)), squeeze(fold(other))
    if mine == theirs:
        return bool(mine)
    if min(len(mine), len(theirs)) < _LONG_LOGO:
        return False
    return distance(mine, theirs, limit=1)[0] <= 1
