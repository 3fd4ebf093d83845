"""Replaying rules over history: the network's own or a file, one rule set or two beside each other."""

from dataclasses import dataclass

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.facts import Facts
from alerts.history import MAX_BYTES
from alerts.own_history import DEFAULT_DAYS, MOST_DAYS, own_history
from alerts.replay import Changes, Replay, changes, read_samples, replay_samples
from alerts.rules import service
from alerts.rules.active import active_rules, rules_of
from alerts.rules.loader import shipped_classes, shipped_rules
from alerts.rules.model import RuleSet
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.routing import GuardedRouter, needs
from lab.errors import InvalidError
from lab.network.access import Permission

router = GuardedRouter(prefix="/alerts/replay", html=True)
READ = needs(Permission.ALERT_READ)
SHOWN = 60


class FileUnreadableError(InvalidError):
    """A history file that is no text, or too large."""

    message_id = "replay.file_unreadable"


@dataclass(frozen=True)
class Outcome:
    """One or two replays of one history."""

    rules: RuleSet
    before: Replay
    other: RuleSet | None
    after: Replay | None
    difference: Changes | None


@router.get("", access=READ)
def page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Choose a history and rules; with rules in the address they are replayed over the network's own history."""
    asked = {name: [value] for name, value in request.query_params.items() if name in {"before", "after", "days"}}
    if "before" not in asked:
        return _page(request, session, identity, Form({"before": [active_rules(session).version]}))
    return _run(request, session, identity, Form(asked))


@router.post("", access=needs(Permission.ALERT_READ, limit="30/minute"))
def run(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Replay; nothing is kept of a file."""
    return _run(request, session, identity, form)


def _run(request: Request, session: Session, identity: IdentityDep, form: Form) -> Response:
    outcome = attempt(session, translator_of(request), lambda: _outcome(session, identity, form))
    if isinstance(outcome, Refusal):
        return _page(request, session, identity, form.refused(outcome.errors), 422)
    return _page(request, session, identity, form, outcome=outcome)


def _page(
    request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200, *,
    outcome: Outcome | None = None,
) -> Response:  # fmt: skip
    own = [row.version for row in service.versions(session, actor=identity.actor)]
    return show(
        request, "pages/replay.html", session=session, status=status, form=form, outcome=outcome, shown=SHOWN,
        versions=[*own, shipped_rules().version], codes=not _has_file(form), default_days=DEFAULT_DAYS,
    )  # fmt: skip


def _has_file(form: Form) -> bool:
    file = form.files.get("file")
    return file is not None and bool(file.filename)


def _outcome(session: Session, identity: IdentityDep, form: Form) -> Outcome:
    rules = _rules(session, identity, form.get("before") or active_rules(session).version)
    other = _rules(session, identity, form.get("after")) if form.get("after") else None
    history, unknown = _history(session, identity, form)
    before = replay_samples(history, rules=rules, unknown=unknown)
    after = replay_samples(history, rules=other, unknown=unknown) if other else None
    return Outcome(rules, before, other, after, changes(before, after) if after else None)


def _rules(session: Session, identity: IdentityDep, version: str) -> RuleSet:
    return rules_of(session, service.text_of(session, actor=identity.actor, version=version))


def _history(session: Session, identity: IdentityDep, form: Form) -> tuple[list[Facts], tuple[str, ...]]:
    if not _has_file(form):
        typed = form.get("days")
        days = int(typed) if typed.isdecimal() and len(typed) < 6 else DEFAULT_DAYS
        return own_history(session, actor=identity.actor, days=min(max(days, 1), MOST_DAYS)), ()
    content = form.files["file"].file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise FileUnreadableError(field="file")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FileUnreadableError(field="file") from error
    return read_samples(text, classes=shipped_classes())
