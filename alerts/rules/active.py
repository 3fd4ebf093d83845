"""Which rules hold: a network's own, activated by a second person, or those shipped."""

import logging
from functools import lru_cache

from sqlmodel import Session, select

from alerts.errors import RulesError
from alerts.rules.checking import Vocabulary
from alerts.rules.loader import load_rules, shipped_rules, shipped_vocabulary
from alerts.rules.model import RuleSet
from alerts.rules.models import NetworkRules, RuleSetState
from lab.library.models import Substance

logger = logging.getLogger("drugcheck.alerts")


def active_rules(session: Session) -> RuleSet:
    """The rules by which live results are judged.

    Own rules that cannot be read any more (a substance left the library, say) are reported, and what is shipped
    holds: better warnings by other rules than none.
    """
    own = active_version(session)
    if own is None:
        return shipped_rules()
    try:
        return rules_of(session, own.text)
    except RulesError:
        logger.exception("rules %s cannot be used any more; the shipped ones hold", own.version)
        return shipped_rules()


def active_version(session: Session) -> NetworkRules | None:
    """The network's own rules that hold; None while those shipped do."""
    return session.exec(select(NetworkRules).where(NetworkRules.state == RuleSetState.ACTIVE)).first()


def rules_of(session: Session, text: str) -> RuleSet:
    """The rules in ``text``, read with this network's vocabulary. Raises :class:`RulesError`."""
    return _loaded(text) or load_rules(text, vocabulary=vocabulary_of(session))


@lru_cache(maxsize=16)
def _loaded(text: str) -> RuleSet | None:
    """Read with the shipped vocabulary alone, which most files need; None when it is not enough."""
    try:
        return load_rules(text, vocabulary=shipped_vocabulary())
    except RulesError:
        return None


def vocabulary_of(session: Session) -> Vocabulary:
    """What is shipped, and what this network's library has beside it."""
    shipped = shipped_vocabulary()
    own = session.exec(select(Substance.name, Substance.substance_class)).all()
    return Vocabulary(
        frozenset(shipped.substances) | {name for name, _ in own},
        frozenset(shipped.classes) | {substance_class for _, substance_class in own},
        worded=frozenset(rule.message for rule in shipped_rules().rules),
    )
