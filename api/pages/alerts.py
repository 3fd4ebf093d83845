"""Alerts for the people who make them: the list, the texts, the grade, the approval."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from alerts.deliveries import service as deliveries
from alerts.deliveries.dead import dead_letters
from alerts.deliveries.fanout import audience_counts
from alerts.vocabulary import LANGUAGES, Tier
from alerts.warnings import approval, doubts, drafts, editing, store
from alerts.warnings.lifecycle import actions, approvals_needed
from alerts.warnings.models import Alert, AlertState, AlertVersion, Level, VersionKind
from alerts.warnings.schemas import Grade, TextParts
from api.auth.identity import Identity, identify
from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.alert_reach import reach_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.public_alerts import public_list
from api.routing import GuardedRouter, needs, public
from api.services import alert_services
from lab.network.access import Permission
from lab.network.models import Account
from lab.samples.models import Sample
from templates.i18n import Translator

router = GuardedRouter(prefix="/alerts", html=True)
READ, EDIT, APPROVE = needs(Permission.ALERT_READ), needs(Permission.ALERT_EDIT), needs(Permission.ALERT_APPROVE)
_PARTS = ("headline", "what", "evidence", "risk", "variation", "sms")
_GRADES = tuple(Grade.model_fields)


@dataclass(frozen=True)
class AlertRow:
    """An alert in the list: its version that people work on, else the one the world has."""

    alert: Alert
    version: AlertVersion
    headline: str | None
    in_doubt: bool


def row_of(session: Session, alert: Alert, language: str) -> AlertRow:
    """``alert`` with its headline in ``language``; none while the draft is being written."""
    version = store.open_version(session, alert_id=alert.id) or store.latest_version(session, alert_id=alert.id)
    text = version.texts.get(language)
    return AlertRow(
        alert, version, text["headline"] if text else None, bool(store.proposals_of(session, alert_id=alert.id))
    )


@router.get("", access=public("public alerts are for everybody; the rest is shown to those who may read it"))
def alert_list(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """What is open and what holds; without an account, what is public."""
    identity = identify(request)
    if identity is None or not identity.actor.may(Permission.ALERT_READ):
        return public_list(request, session, settings)
    language = translator_of(request).language
    rows = [row_of(session, alert, language) for alert in store.list_alerts(session, actor=identity.actor)]
    waiting = [row for row in rows if row.version.state in {AlertState.DRAFT, AlertState.GRADED} or row.in_doubt]
    issued = [row for row in rows if row.version.state is AlertState.ISSUED and row not in waiting]
    ended = [row for row in rows if row not in waiting and row not in issued]
    return show(
        request, "pages/alerts.html", session=session, waiting=waiting, issued=issued, ended=ended,
        may_edit=identity.actor.may(Permission.ALERT_EDIT), **_upkeep(session, identity),
    )  # fmt: skip


def _upkeep(session: Session, identity: Identity) -> dict[str, Any]:
    """For whoever looks after subscribers: the way to them, and how many messages were given up."""
    if not identity.actor.may(Permission.SUBSCRIPTION_MANAGE):
        return {"may_manage": False}
    return {"may_manage": True, "dead": len(dead_letters(session, actor=identity.actor))}


@router.get("/{alert_id}/work", access=READ)
def work_page(alert_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One alert: its words in every language, who will get them, and what can be done."""
    return _work(request, session, identity, store.get_alert(session, actor=identity.actor, alert_id=alert_id), Form())


def _work(
    request: Request, session: Session, identity: IdentityDep, alert: Alert, form: Form, status: int = 200
) -> Response:
    version = store.open_version(session, alert_id=alert.id) or store.live_version(session, alert_id=alert.id)
    version = version or store.latest_version(session, alert_id=alert.id)
    situation = store.situation(session, alert, version, account_id=identity.account.id)
    moves = store.transitions_of(session, version_id=version.id)
    basis = store.basis_of(session, alert_id=alert.id)
    may = {name: identity.actor.may(permission) for name, permission in
           (("edit", Permission.ALERT_EDIT), ("approve", Permission.ALERT_APPROVE))}  # fmt: skip
    return show(
        request, "pages/alert_work.html", session=session, status=status, form=form, alert=alert, version=version,
        versions=store.versions_of(session, alert_id=alert.id),
        can={action.value for action in actions(version.state)}, may=may,
        counts=audience_counts(session, alert=alert), tally=deliveries.tally(session, version_id=version.id),
        approvals=len(situation.approvers), needed=approvals_needed(alert.tier, version.kind),
        confirmed=situation.confirmed, is_author=identity.account.id in situation.hands,
        proposals=store.proposals_of(session, alert_id=alert.id), moves=moves,
        basis=[(one, session.get_one(Sample, one.sample_id).code) for one in basis],
        people=_people(session, {move.account_id for move in moves} | {version.author_id, version.graded_by}),
        higher=[tier for tier in (Tier.T2, Tier.T3) if list(Tier).index(tier) > list(Tier).index(alert.tier)],
        parts=_PARTS, grades=_GRADES, levels=Level, kinds=VersionKind,
        **reach_of(request, session, identity, alert, version),
    )  # fmt: skip


def _people(session: Session, ids: set[UUID | None]) -> Mapping[UUID, str]:
    accounts = [session.get(Account, key) for key in ids if key is not None]
    return {account.id: account.display_name for account in accounts if account is not None}


def _do(
    request: Request, session: Session, identity: IdentityDep, alert_id: UUID, form: Form,
    action: Callable[[], object], done: str,
) -> Response:  # fmt: skip
    alert = store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    outcome = attempt(session, translator_of(request), action)
    if isinstance(outcome, Refusal):
        return _work(request, session, identity, alert, form.refused(outcome.errors), 422)
    target = outcome.id if isinstance(outcome, Alert) else alert_id
    return go(f"/alerts/{target}/work", done=done)


def _edition(form: Form) -> int:
    text = form.get("edition")
    return int(text) if text.isdecimal() else -1


@router.post("/{alert_id}/versions/{version_id}/edit", access=EDIT)
def edit(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep,
    settings: SettingsDep, form: FormDep,
) -> Response:  # fmt: skip
    """Change the words; approvals of the older words no longer count."""
    alert = store.get_alert(session, actor=identity.actor, alert_id=alert_id)
    parts, errors = _parts(form, translator_of(request))
    if errors:
        return _work(request, session, identity, alert, form.refused(errors), 422)
    return _do(
        request, session, identity, alert_id, form,
        lambda: editing.edit(
            session, actor=identity.actor, services=alert_services(settings), version_id=version_id,
            edition=_edition(form), parts=parts, expires_at=_end_of(form.get("expires_at")),
        ),
        "alert_edited",
    )  # fmt: skip


def _parts(form: Form, translator: Translator) -> tuple[dict[str, TextParts], dict[str, str]]:
    """The words typed for each language, and what is wrong with them, by field."""
    parts: dict[str, TextParts] = {}
    errors: dict[str, str] = {}
    for language in LANGUAGES:
        words: dict[str, object] = {name: form.get(f"{language}-{name}") for name in _PARTS}
        words["advice"] = [line for line in form.get(f"{language}-advice").splitlines() if line.strip()]
        try:
            parts[language] = TextParts.model_validate(words)
        except ValidationError as error:
            for item in error.errors():
                said = "alerts.promise" if item["type"] == "value_error" else "alerts.length"
                errors[f"{language}-{item['loc'][0]}"] = translator.text(said)
    return parts, errors


def _end_of(day: str) -> datetime | None:
    """The last moment of a day typed into a form."""
    try:
        return datetime.combine(datetime.fromisoformat(day).date(), time(23, 59), UTC) if day else None
    except ValueError:
        return None


@router.post("/{alert_id}/versions/{version_id}/grade", access=EDIT)
def grade(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Record the panel's four judgements."""

    def act() -> AlertVersion:
        judgement = Grade.model_validate({name: form.get(name) for name in _GRADES})
        return editing.grade(session, actor=identity.actor, version_id=version_id, judgement=judgement)

    return _do(request, session, identity, alert_id, form, act, "alert_graded")


@router.post("/{alert_id}/versions/{version_id}/override", access=EDIT)
def override(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Say in writing why this may go out without a confirmed finding."""
    reason = form.get("reason")
    return _do(request, session, identity, alert_id, form,
               lambda: editing.override(session, actor=identity.actor, version_id=version_id, reason=reason),
               "alert_overridden")  # fmt: skip


@router.post("/{alert_id}/versions/{version_id}/discard", access=EDIT)
def discard(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Throw the draft away."""
    reason = form.get("reason")
    return _do(request, session, identity, alert_id, form,
               lambda: editing.discard(session, actor=identity.actor, version_id=version_id, reason=reason),
               "alert_discarded")  # fmt: skip


@router.post("/{alert_id}/versions/{version_id}/approve", access=APPROVE)
def approve(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Approve exactly the edition that stood on the page."""
    edition = _edition(form)
    return _do(request, session, identity, alert_id, form,
               lambda: approval.approve(session, actor=identity.actor, version_id=version_id, edition=edition),
               "alert_approved")  # fmt: skip


@router.post("/{alert_id}/versions/{version_id}/release", access=APPROVE)
def release(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Send a T2 alone, in an emergency."""
    edition, reason = _edition(form), form.get("reason")
    return _do(request, session, identity, alert_id, form,
               lambda: approval.release(
                   session, actor=identity.actor, version_id=version_id, edition=edition, reason=reason
               ), "alert_released")  # fmt: skip


@router.post("/{alert_id}/versions/{version_id}/countersign", access=APPROVE)
def countersign(
    alert_id: UUID, version_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Stand behind an emergency release."""
    return _do(request, session, identity, alert_id, form,
               lambda: approval.countersign(session, actor=identity.actor, version_id=version_id),
               "alert_countersigned")  # fmt: skip


@router.post("/{alert_id}/next", access=EDIT)
def start_version(
    alert_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Begin an update, a cancel or a retraction."""
    return _do(request, session, identity, alert_id, form,
               lambda: drafts.start_version(
                   session, actor=identity.actor, alert_id=alert_id,
                   kind=VersionKind(form.get("kind") or VersionKind.UPDATE), reason=form.get("reason"),
               ), "alert_next")  # fmt: skip


@router.post("/{alert_id}/raise", access=EDIT)
def raise_tier(alert_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Draft the same story for a wider audience."""
    return _do(request, session, identity, alert_id, form,
               lambda: drafts.raise_tier(
                   session, actor=identity.actor, alert_id=alert_id, tier=Tier(form.get("tier") or Tier.T2)
               ), "alert_raised")  # fmt: skip


@router.post("/{alert_id}/proposals/{proposal_id}", access=EDIT)
def decide_proposal(
    alert_id: UUID, proposal_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """A result changed: take what the machine proposes, or say why not."""
    decide = doubts.take_proposal if form.get("decision") == "take" else doubts.dismiss_proposal
    return _do(request, session, identity, alert_id, form,
               lambda: decide(session, actor=identity.actor, proposal_id=proposal_id, reason=form.get("reason")),
               "alert_decided")  # fmt: skip
