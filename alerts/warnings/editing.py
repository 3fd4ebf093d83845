"""What people do to a version before it is issued: its words, its grade, an override, or throwing it away."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Session, col, select

from alerts.errors import EditionError, ExpiryError
from alerts.services import AlertServices
from alerts.vocabulary import LANGUAGES
from alerts.warnings.drafting import Voice, finish, render_version
from alerts.warnings.guards import Situation
from alerts.warnings.lifecycle import OPEN
from alerts.warnings.models import Alert, AlertAction, AlertProposal, AlertVersion, ProposalState
from alerts.warnings.schemas import Grade, TextParts
from alerts.warnings.store import decide, live_version, lock_version, move, situation
from lab.kit.clock import now
from lab.network.access import Actor


def edit(
    session: Session,
    *,
    actor: Actor,
    services: AlertServices,
    version_id: UUID,
    edition: int,
    parts: Mapping[str, TextParts] | None = None,
    expires_at: datetime | None = None,
) -> AlertVersion:
    """Change the words of some languages, or how long they hold. Whoever does is the author from now on.

    Approvals of the older edition no longer count. Raises :class:`EditionError` when ``edition`` is not the latest.
    """
    alert, version, it = _begin(session, version_id, actor=actor)
    row = decide(AlertAction.EDIT, it, actor=actor)
    require_edition(version, edition)
    move(session, version, row, it)
    if expires_at is not None:
        version.expires_at = _future(expires_at)
    version.texts = _merged(alert, version, parts or {}, services)
    version.author_id = actor.account_id
    _new_edition(session, version)
    return version


def _begin(
    session: Session, version_id: UUID, *, actor: Actor, reason: str = ""
) -> tuple[Alert, AlertVersion, Situation]:
    alert, version = lock_version(session, version_id)
    return alert, version, situation(session, alert, version, account_id=actor.account_id, reason=reason)


def require_edition(version: AlertVersion, edition: int) -> None:
    """Nobody edits or approves a text that they have not read."""
    if edition != version.edition:
        raise EditionError(edition=version.edition)


def _future(moment: datetime) -> datetime:
    if moment.tzinfo is None or moment <= now():
        raise ExpiryError
    return moment


def _merged(
    alert: Alert, version: AlertVersion, parts: Mapping[str, TextParts], services: AlertServices
) -> dict[str, object]:
    """Every language's text made anew (the expiry stands in all of them), from new parts or the old ones."""
    texts: dict[str, object] = {}
    for language in LANGUAGES:
        words = parts.get(language) or parts_of(version, language)
        if words is not None:
            voice = Voice(services.renderer, language)
            texts[language] = finish(voice, words, alert=alert, version=version, services=services).model_dump()
    return texts


def parts_of(version: AlertVersion, language: str) -> TextParts | None:
    """The editable words of one language, without the marks that the documents add; None when not yet written."""
    stored = version.texts.get(language)
    if stored is None:
        return None
    return TextParts.model_validate({name: stored[name] for name in TextParts.model_fields})


def _new_edition(session: Session, version: AlertVersion) -> None:
    version.edition += 1
    session.add(version)
    session.flush()


def override(session: Session, *, actor: Actor, version_id: UUID, reason: str) -> AlertVersion:
    """Say in writing why this may go out without a confirmed finding. Approvers approve that too."""
    _, version, it = _begin(session, version_id, actor=actor, reason=reason)
    move(session, version, decide(AlertAction.OVERRIDE, it, actor=actor), it)
    version.override_reason = it.reason.strip()
    version.override_by = actor.account_id
    _new_edition(session, version)
    return version


def grade(session: Session, *, actor: Actor, version_id: UUID, judgement: Grade) -> AlertVersion:
    """Record the panel's four judgements."""
    _, version, it = _begin(session, version_id, actor=actor)
    move(session, version, decide(AlertAction.GRADE, it, actor=actor), it)
    version.grade = judgement.model_dump(mode="json")
    version.graded_by = actor.account_id
    session.add(version)
    session.flush()
    return version


def discard(session: Session, *, actor: Actor, version_id: UUID, reason: str) -> AlertVersion:
    """Throw a draft away, and say why. Nothing was sent, so nothing is; what it answered to is open again."""
    alert, version, it = _begin(session, version_id, actor=actor, reason=reason)
    move(session, version, decide(AlertAction.DISCARD, it, actor=actor), it)
    live = live_version(session, alert_id=alert.id)
    if live is not None and live.issued_at is not None:
        session.execute(
            sa.update(AlertProposal)
            .where(
                col(AlertProposal.alert_id) == alert.id,
                col(AlertProposal.state) == ProposalState.TAKEN,
                col(AlertProposal.decided_at) >= live.issued_at,
            )
            .values(state=ProposalState.OPEN, decided_by=None, decided_at=None)
        )
    return version


def fill_draft(session: Session, *, services: AlertServices, version_id: UUID) -> AlertVersion:
    """Give a version that has no words yet the machine's; one that has words keeps them."""
    alert, version = lock_version(session, version_id)
    if version.texts:
        return version
    if version.state not in OPEN:
        return version
    if services.exercise:
        alert.exercise = True
        session.add(alert)
    version.texts = render_version(alert, version, services)
    _new_edition(session, version)
    return version


def unwritten(session: Session) -> list[UUID]:
    """Open versions that still have no words."""
    query = select(AlertVersion).where(col(AlertVersion.state).in_(OPEN))
    return [version.id for version in session.exec(query) if not version.texts]
