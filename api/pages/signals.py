"""Statistical signals: a list for coordinators, and what they make of each."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.signals import service
from alerts.signals.detection import BASELINE_WEEKS, FALSE_DISCOVERY_RATE
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.models import Account

router = GuardedRouter(prefix="/alerts/signals", html=True)
EDIT = needs(Permission.ALERT_EDIT)


@router.get("", access=EDIT)
def signal_list(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What nobody has looked at, and what was decided."""
    return _page(request, session, identity, Form())


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    decided = service.decided_signals(session, actor=identity.actor)
    accounts = [session.get(Account, one.decided_by) for one in decided if one.decided_by]
    return show(
        request, "pages/signals.html", session=session, status=status, form=form, decided=decided,
        waiting=service.open_signals(session, actor=identity.actor), weeks=BASELINE_WEEKS,
        rate=FALSE_DISCOVERY_RATE, people={one.id: one.display_name for one in accounts if one is not None},
    )  # fmt: skip


@router.post("/{signal_id}", access=EDIT)
def decide(signal_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Say what was made of a signal."""
    outcome = attempt(
        session, translator_of(request),
        lambda: service.decide(
            session, actor=identity.actor, signal_id=signal_id, follow=form.get("decision") == "follow",
            reason=form.get("reason"),
        ),
    )  # fmt: skip
    if isinstance(outcome, Refusal):
        return _page(request, session, identity, form.refused(outcome.errors), 422)
    return go("/alerts/signals", done="signal_decided")
