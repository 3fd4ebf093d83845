"""Rules of warning: which hold, editing them, what they would have raised, and their activation by a second person."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.errors import RulesNotFoundError
from alerts.own_history import own_history
from alerts.replay import Changes, Fired, Replay, changes, replay_samples
from alerts.rules import service
from alerts.rules.active import active_rules, active_version, rules_of, vocabulary_of
from alerts.rules.editing import table_of
from alerts.rules.loader import find_faults, load_rules, shipped_rules
from alerts.rules.models import NetworkRules
from alerts.vocabulary import LANGUAGES, Tier
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.rule_forms import errors_of, group_form, group_values, rule_form, rule_values
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.models import Account
from lab.results.models import Evidence, FindingRole, Technique
from lab.results.techniques import FACTS
from lab.samples.models import AdverseEvent, SampleForm

router = GuardedRouter(prefix="/alerts/rules", html=True)
READ, EDIT, APPROVE = needs(Permission.ALERT_READ), needs(Permission.ALERT_EDIT), needs(Permission.ALERT_APPROVE)
SHOWN = 60


@dataclass(frozen=True)
class Preview:
    """What a changed rule would have raised over the network's own history, beside what holds now."""

    before: Replay
    after: Replay
    changes: Changes
    fired: Sequence[Fired]  # by the rule in question
    days: int


@router.get("", access=READ)
def overview(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Which rules hold, the draft if there is one, and every version there was."""
    return _overview(request, session, identity, Form())


def _overview(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    actor = identity.actor
    draft, own = service.draft(session), active_version(session)
    holding = active_rules(session)
    versions = service.versions(session, actor=actor)
    authors = service.authors_of(session, draft) if draft else set()
    return show(
        request, "pages/rules.html", session=session, status=status, form=form, holding=holding, own=own,
        unusable=own is not None and holding.version != own.version, shipped=shipped_rules(), draft=draft,
        drafted=rules_of(session, draft.text) if draft else None, versions=versions,
        edits=service.edits_of(session, rules_id=draft.id) if draft else [],
        people=_people(session, versions, authors), may_edit=actor.may(Permission.ALERT_EDIT),
        may_activate=actor.may(Permission.ALERT_APPROVE) and actor.account_id not in authors,
        is_author=actor.account_id in authors,
    )  # fmt: skip


def _people(session: Session, versions: Sequence[NetworkRules], more: set[UUID]) -> dict[UUID, str]:
    ids = more | {key for row in versions for key in (row.created_by, row.activated_by, row.ended_by) if key}
    accounts = [session.get(Account, key) for key in ids]
    return {account.id: account.display_name for account in accounts if account is not None}


@router.post("", access=EDIT)
def begin(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Begin a draft."""
    done = attempt(
        session, translator_of(request),
        lambda: service.begin(
            session, actor=identity.actor, reason=form.get("reason"), from_shipped=bool(form.get("from_shipped"))
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _overview(request, session, identity, form.refused(done.errors), 422)
    return go("/alerts/rules", done="rules_begun")


@router.post("/activate", access=APPROVE)
def activate(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Let the draft hold, exactly as it stood on the page."""
    return _on_draft(request, session, identity, form, service.activate, "rules_activated")


@router.post("/discard", access=EDIT)
def discard(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Throw the draft away."""
    return _on_draft(request, session, identity, form, service.discard, "rules_discarded")


def _on_draft(request: Request, session: Session, identity: IdentityDep, form: Form, act: Any, done: str) -> Response:
    outcome = attempt(
        session, translator_of(request),
        lambda: act(session, actor=identity.actor, rules_id=_draft_id(session), edition=_edition(form)),
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return _overview(request, session, identity, form.refused(outcome.errors), 422)
    return go("/alerts/rules", done=done)


def _draft(session: Session) -> NetworkRules:
    draft = service.draft(session)
    if draft is None:
        raise RulesNotFoundError
    return draft


def _draft_id(session: Session) -> UUID:
    return _draft(session).id


def _edition(form: Form) -> int:
    text = form.get("edition")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


@router.get("/versions/{version}.toml", access=READ)
def download(version: str, session: SessionDep, identity: IdentityDep) -> Response:
    """The file of any version, old ones too."""
    text = service.text_of(session, actor=identity.actor, version=version)
    headers = {"Content-Disposition": f'attachment; filename="rules-{version}.toml"'}
    return Response(text, media_type="application/toml; charset=utf-8", headers=headers)


@router.get("/versions/{version}", access=READ)
def version_page(version: str, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """A version to read: who, when, why, and the file."""
    text = service.text_of(session, actor=identity.actor, version=version)
    own = [row for row in service.versions(session, actor=identity.actor) if row.version == version]
    return show(
        request, "pages/rules_version.html", session=session, version=version, text=text,
        row=own[0] if own else None, edits=service.edits_of(session, rules_id=own[0].id) if own else [],
        people=_people(session, own, {edit.account_id for edit in service.edits_of(session, rules_id=own[0].id)})
        if own else {},
    )  # fmt: skip


@router.get("/draft/file", access=EDIT)
def file_page(request: Request, session: SessionDep) -> Response:
    """The whole file as text: settings, order, everything."""
    draft = _draft(session)
    return _file_page(request, session, draft, Form({"text": [draft.text]}))


def _file_page(request: Request, session: Session, draft: NetworkRules, form: Form, status: int = 200) -> Response:
    return show(request, "pages/rules_file.html", session=session, status=status, form=form, draft=draft)


@router.post("/draft/file", access=EDIT)
def save_file(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put another file in the draft's place."""
    draft, translator = _draft(session), translator_of(request)
    text = form.get("text").replace("\r\n", "\n")
    faults = find_faults(text, vocabulary=vocabulary_of(session))
    if faults:
        said = [translator.text(f"rules.fault.{one.code}", **one.params) for one in faults]
        lines = [
            f"{'.'.join(one.where)}: {words}" if one.where else words for one, words in zip(faults, said, strict=True)
        ]
        return _file_page(request, session, draft, form.refused({"text": " · ".join(lines)}), 422)
    outcome = _save(request, session, identity, draft, form, text, service.ABOUT_FILE)
    if isinstance(outcome, Refusal):
        return _file_page(request, session, _draft(session), form.refused(outcome.errors), 422)
    return go("/alerts/rules", done="rules_saved")


def _save(
    request: Request, session: Session, identity: IdentityDep, draft: NetworkRules, form: Form, text: str, about: str
) -> NetworkRules | Refusal:
    return attempt(
        session, translator_of(request),
        lambda: service.save(
            session, actor=identity.actor, rules_id=draft.id, edition=_edition(form), text=text, about=about,
            reason=form.get("reason"),
        ),
    )  # fmt: skip


@router.get("/draft/groups/{name}", access=EDIT)
def group_page(name: str, request: Request, session: SessionDep) -> Response:
    """A group of substances; ``new`` is an empty one."""
    draft = _draft(session)
    values = table_of(draft.text, "group", name)
    return _group_page(request, session, draft, group_form(values or {}), known=values is not None)


def _group_page(
    request: Request, session: Session, draft: NetworkRules, form: Form, status: int = 200, *, known: bool
) -> Response:
    return show(
        request, "pages/rules_group.html", session=session, status=status, form=form, draft=draft, known=known,
        classes=sorted(one for one in vocabulary_of(session).classes if one),
    )  # fmt: skip


@router.post("/draft/groups/{name}", access=EDIT)
def save_group(name: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Change a group, or add one."""
    draft = _draft(session)
    known = table_of(draft.text, "group", name) is not None
    values = group_values(form) | ({"id": name} if known else {})
    text = service.changed(draft, "group", values)
    faults = service.faults_of(session, text)
    if faults:
        errors = errors_of(faults, translator_of(request), kind="group", name=values["id"])
        return _group_page(request, session, draft, form.refused(errors), 422, known=known)
    outcome = _save(request, session, identity, draft, form, text, values["id"])
    if isinstance(outcome, Refusal):
        return _group_page(request, session, _draft(session), form.refused(outcome.errors), 422, known=known)
    return go("/alerts/rules", done="rules_saved")


@router.get("/draft/rules/{name}", access=EDIT)
def rule_page(name: str, request: Request, session: SessionDep) -> Response:
    """A rule; ``new`` is an empty one."""
    draft = _draft(session)
    values = table_of(draft.text, "rule", name)
    return _rule_page(request, session, draft, rule_form(values or {}), known=values is not None)


def _rule_page(
    request: Request, session: Session, draft: NetworkRules, form: Form, status: int = 200, *, known: bool,
    preview: Preview | None = None,
) -> Response:  # fmt: skip
    groups = [group["id"] for group in _tables(draft.text, "group")]
    measuring = [one for one in Technique if FACTS[one].measures_amounts]
    return show(
        request, "pages/rules_rule.html", session=session, status=status, form=form, draft=draft, known=known,
        preview=preview, shown=SHOWN, groups=groups, tiers=[Tier.T0, Tier.T1, Tier.T2], roles=FindingRole,
        evidence=Evidence, sample_forms=SampleForm, adverse_events=AdverseEvent, techniques=Technique,
        measuring=measuring, rule_languages=LANGUAGES, substances=sorted(vocabulary_of(session).substances),
    )  # fmt: skip


def _tables(text: str, kind: str) -> list[dict[str, Any]]:
    return list(tomllib.loads(text).get(kind, []))


@router.post("/draft/rules/{name}", access=EDIT)
def save_rule(name: str, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Change a rule or add one; or only show what it would have raised; or take it out."""
    draft = _draft(session)
    known = table_of(draft.text, "rule", name) is not None
    if form.get("action") == "remove" and known:
        return _remove_rule(name, request, session, identity, form)
    values = rule_values(form) | ({"id": name} if known else {})
    text = service.changed(draft, "rule", values)
    faults = service.faults_of(session, text)
    if faults:
        errors = errors_of(faults, translator_of(request), kind="rule", name=values["id"])
        return _rule_page(request, session, draft, form.refused(errors), 422, known=known)
    if form.get("action") == "preview":
        preview = _preview(session, identity, text, values["id"])
        return _rule_page(request, session, draft, form, known=known, preview=preview)
    outcome = _save(request, session, identity, draft, form, text, values["id"])
    if isinstance(outcome, Refusal):
        return _rule_page(request, session, _draft(session), form.refused(outcome.errors), 422, known=known)
    return go("/alerts/rules", done="rules_saved")


def _remove_rule(name: str, request: Request, session: Session, identity: IdentityDep, form: Form) -> Response:
    draft = _draft(session)
    outcome = attempt(
        session, translator_of(request),
        lambda: service.remove(
            session, actor=identity.actor, rules_id=draft.id, edition=_edition(form), kind="rule", name=name,
            reason=form.get("reason"),
        ),
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return _rule_page(request, session, _draft(session), form.refused(outcome.errors), 422, known=True)
    return go("/alerts/rules", done="rules_saved")


def _preview(session: Session, identity: IdentityDep, text: str, rule_id: str, days: int = 365) -> Preview:
    history = own_history(session, actor=identity.actor, days=days)
    before = replay_samples(history, rules=active_rules(session))
    after = replay_samples(history, rules=load_rules(text, vocabulary=vocabulary_of(session)))
    fired = [one for one in after.fired if one.rule_id == rule_id]
    return Preview(before, after, changes(before, after), fired[::-1], days)
