"""Finds a substance by what somebody typed: prefixes, street names, accents, slips of the finger.

The names (some thousands) are read from the database at each search, so it behaves alike on both and never shows
what is gone; only pure functions of a name are cached. Slips are counted by the optimal string alignment distance
(insert, delete, replace, swap neighbours) against the beginning of the name, so that half a word will do; long
chemical names are compared by the share of three-letter pieces.
"""

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlmodel import Session, col, select

from lab.library.models import Substance, SubstanceSynonym
from lab.library.names import fold, squeeze

DEFAULT_LIMIT = 8
_MAX_QUERY = 80
_LEAST_SCORE = 0.3
_LEAST_PIECE = 4  # letters that may stand in the middle of a name
_WORD_SHARE = 0.6  # how much of its fit a single word of several keeps
_TRIGRAM_SHARE = 0.4  # below it two long names have only their endings in common (…-amphetamine)


@dataclass(frozen=True)
class Hit:
    """A substance found: by which of its names, and how well (0 to 1)."""

    substance: Substance
    matched: str
    score: float


def distance(query: str, name: str, *, limit: int | None = None) -> tuple[int, int]:
    """Slips between ``query`` and all of ``name``, and between ``query`` and its best-fitting beginning.

    Once both must exceed ``limit`` the count stops, and both are given as one more than it.
    """
    before: list[int] = []
    previous = list(range(len(name) + 1))
    for i, letter in enumerate(query, 1):
        current = [i]
        for j, other in enumerate(name, 1):
            cost = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == name[j - 2] and query[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        if limit is not None and min(current) > limit and min(previous) > limit:
            return limit + 1, limit + 1
        before, previous = previous, current
    return previous[-1], min(previous)


@lru_cache(maxsize=20_000)
def _trigrams(text: str) -> frozenset[str]:
    padded = f"  {text} "
    return frozenset(padded[start : start + 3] for start in range(len(padded) - 2))


def _slips_allowed(length: int) -> int:
    return 0 if length < 3 else 1 if length < 5 else 2 if length < 9 else 3


def score(query: str, key: str) -> float:
    """How well the folded ``query`` fits the folded name ``key``: 1 exact, 0 not at all."""
    typed, name = squeeze(query), squeeze(key)
    if typed == name:
        return 1.0
    if name.startswith(typed):
        return 0.85 + 0.1 * len(typed) / len(name)
    if any(word.startswith(query) for word in key.split()):
        return 0.8
    if len(typed) >= _LEAST_PIECE and typed in name:
        return 0.7
    return max(_by_slips(typed, name), _by_pieces(typed, name))


def _by_slips(typed: str, name: str) -> float:
    allowed = _slips_allowed(len(typed))
    if not allowed or len(set(typed) - set(name)) > allowed:
        return 0.0
    whole, beginning = distance(typed, name[: len(typed) + allowed + 1], limit=allowed)
    if whole <= allowed and abs(len(typed) - len(name)) <= allowed:
        return 0.75 - 0.1 * whole
    return 0.6 - 0.1 * beginning if beginning <= allowed and len(name) > len(typed) else 0.0


def _by_pieces(typed: str, name: str) -> float:
    if len(typed) < 5:
        return 0.0
    mine, theirs = _trigrams(typed), _trigrams(name)
    share = 2 * len(mine & theirs) / (len(mine) + len(theirs))
    return 0.55 * share if share >= _TRIGRAM_SHARE else 0.0


def search_substances(session: Session, *, query: str, limit: int = DEFAULT_LIMIT) -> list[Hit]:
    """The substances that best fit ``query``, best first; at equal fit a name before a synonym, short before long."""
    folded = fold(query[:_MAX_QUERY])
    if not folded:
        return []
    names = _names(session)
    best = _best(folded, names)
    words = [word for word in folded.split() if len(word) >= _LEAST_PIECE]
    if not best and " " in folded:  # "crystal meth please": what its words find, none of them as sure as a whole
        for word in words:
            for substance_id, (fit, text) in _best(word, names).items():
                if (fit := fit * _WORD_SHARE) > best.get(substance_id, (0.0, ""))[0]:
                    best[substance_id] = (fit, text)
    order = sorted(best, key=lambda key: (-best[key][0], len(best[key][1]), best[key][1]))[: max(limit, 0)]
    found = {row.id: row for row in session.exec(select(Substance).where(col(Substance.id).in_(order))).all()}
    return [Hit(found[key], best[key][1], min(best[key][0], 1.0)) for key in order]


def _best(folded: str, names: list[tuple[UUID, str, str, float]]) -> dict[UUID, tuple[float, str]]:
    """For each substance that fits, how well and by which of its names."""
    best: dict[UUID, tuple[float, str]] = {}
    for substance_id, text, key, bonus in names:
        fit = score(folded, key)
        if fit >= _LEAST_SCORE and (fit := fit + bonus) > best.get(substance_id, (0.0, ""))[0]:
            best[substance_id] = (fit, text)
    return best


def _names(session: Session) -> list[tuple[UUID, str, str, float]]:
    own = session.exec(select(Substance.id, Substance.name).where(col(Substance.active))).all()
    others = session.exec(
        select(SubstanceSynonym.substance_id, SubstanceSynonym.text, SubstanceSynonym.key).where(
            col(SubstanceSynonym.substance_id).in_(select(Substance.id).where(col(Substance.active))),
            col(SubstanceSynonym.withdrawn_at).is_(None),
        )
    ).all()
    return [(key, name, fold(name), 0.02) for key, name in own] + [
        (key, text, folded, 0.0) for key, text, folded in others
    ]
