"""A network's own rules: begun from those that hold, edited, activated by somebody who changed nothing in them."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.errors import (
    EditionError,
    OwnRulesError,
    ReasonMissingError,
    RulesBegunError,
    RulesError,
    RulesNotFoundError,
    RulesStateError,
)
from alerts.rules.active import active_version, rules_of, vocabulary_of
from alerts.rules.checking import Fault
from alerts.rules.editing import with_table, with_version, without_table
from alerts.rules.loader import find_faults, shipped_rules, shipped_text
from alerts.rules.models import NetworkRules, RulesEdit, RuleSetState
from lab.kit.clock import now
from lab.network.access import Actor, Permission

ABOUT_FILE = "file"


def versions(session: Session, *, actor: Actor) -> list[NetworkRules]:
    """All own versions, newest first."""
    actor.require(Permission.ALERT_READ)
    return list(session.exec(select(NetworkRules).order_by(col(NetworkRules.created_at).desc())))


def get_version(session: Session, *, actor: Actor, version: str) -> NetworkRules:
    """One of the network's own versions, old ones too. Raises :class:`RulesNotFoundError`."""
    actor.require(Permission.ALERT_READ)
    found = session.exec(select(NetworkRules).where(NetworkRules.version == version)).first()
    if found is None:
        raise RulesNotFoundError
    return found


def text_of(session: Session, *, actor: Actor, version: str) -> str:
    """The file of any version: an own one, or the one shipped with this release."""
    if version == shipped_rules().version:
        actor.require(Permission.ALERT_READ)
        return shipped_text()
    return get_version(session, actor=actor, version=version).text


def draft(session: Session) -> NetworkRules | None:
    """The rules being edited, if there are any."""
    return session.exec(select(NetworkRules).where(NetworkRules.state == RuleSetState.DRAFT)).first()


def edits_of(session: Session, *, rules_id: UUID) -> list[RulesEdit]:
    """Who changed what and why, in order."""
    return list(session.exec(select(RulesEdit).where(RulesEdit.rules_id == rules_id).order_by(col(RulesEdit.edition))))


def begin(session: Session, *, actor: Actor, reason: str, from_shipped: bool = False) -> NetworkRules:
    """Begin a draft from the rules that hold, or from those shipped. Raises :class:`RulesBegunError`."""
    actor.require(Permission.ALERT_EDIT)
    _needs(reason)
    holding = None if from_shipped else active_version(session)
    count = session.scalar(sa.select(sa.func.count()).select_from(NetworkRules)) or 0
    version = f"network-{count + 1}"
    row = NetworkRules(
        version=version,
        based_on=holding.version if holding else shipped_rules().version,
        text=with_version(holding.text if holding else shipped_text(), version),
        reason=reason.strip()[:1000],
        created_by=actor.account_id,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        raise RulesBegunError from error
    return row


def _needs(reason: str) -> None:
    if not reason.strip():
        raise ReasonMissingError


def changed(row: NetworkRules, kind: str, values: Mapping[str, Any]) -> str:
    """The text of ``row`` with one rule or group in it as ``values`` say."""
    return with_table(row.text, kind, values)


def faults_of(session: Session, text: str) -> list[Fault]:
    """Everything wrong with a rule file in this network."""
    return find_faults(text, vocabulary=vocabulary_of(session))


def save(
    session: Session, *, actor: Actor, rules_id: UUID, edition: int, text: str, about: str, reason: str
) -> NetworkRules:
    """Put ``text`` in the draft's place. Raises :class:`RulesError`, :class:`EditionError`, or for want of a reason."""
    actor.require(Permission.ALERT_EDIT)
    _needs(reason)
    row = _locked(session, rules_id, edition)
    faults = faults_of(session, text)
    if faults:
        raise RulesError(problem=faults[0].text)
    row.text, row.edition = with_version(text, row.version), row.edition + 1
    session.add(row)
    session.add(
        RulesEdit(
            rules_id=row.id, edition=row.edition, account_id=actor.account_id, about=about[:80],
            reason=reason.strip()[:1000],
        )
    )  # fmt: skip
    session.flush()
    return row


def remove(
    session: Session, *, actor: Actor, rules_id: UUID, edition: int, kind: str, name: str, reason: str
) -> NetworkRules:
    """Take a rule or a group out of the draft. Raises as :func:`save`."""
    row = _locked(session, rules_id, edition)
    text = without_table(row.text, kind, name)
    return save(session, actor=actor, rules_id=rules_id, edition=edition, text=text, about=name, reason=reason)


def _locked(session: Session, rules_id: UUID, edition: int) -> NetworkRules:
    row = session.exec(
        select(NetworkRules)
        .where(NetworkRules.id == rules_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise RulesNotFoundError
    if row.state is not RuleSetState.DRAFT:
        raise RulesStateError
    if row.edition != edition:
        raise EditionError(edition=row.edition)
    return row


def authors_of(session: Session, row: NetworkRules) -> set[UUID]:
    """Everybody who began or changed it."""
    return {row.created_by, *(edit.account_id for edit in edits_of(session, rules_id=row.id))}


def activate(session: Session, *, actor: Actor, rules_id: UUID, edition: int) -> NetworkRules:
    """Let the draft hold from now on. Nobody activates rules that they began or changed.

    Raises :class:`OwnRulesError`, :class:`EditionError`, :class:`RulesStateError`, :class:`RulesError`.
    """
    actor.require(Permission.ALERT_APPROVE)
    row = _locked(session, rules_id, edition)
    if actor.account_id in authors_of(session, row):
        raise OwnRulesError
    rules_of(session, row.text)
    _replace(session, actor)
    row.state, row.activated_by, row.activated_at = RuleSetState.ACTIVE, actor.account_id, now()
    session.add(row)
    session.flush()
    return row


def _replace(session: Session, actor: Actor) -> None:
    older = active_version(session)
    if older is not None:
        older.state, older.ended_by, older.ended_at = RuleSetState.REPLACED, actor.account_id, now()
        session.add(older)
        session.flush()


def discard(session: Session, *, actor: Actor, rules_id: UUID, edition: int) -> NetworkRules:
    """Throw a draft away; it stays readable."""
    actor.require(Permission.ALERT_EDIT)
    row = _locked(session, rules_id, edition)
    row.state, row.ended_by, row.ended_at = RuleSetState.DISCARDED, actor.account_id, now()
    session.add(row)
    session.flush()
    return row
