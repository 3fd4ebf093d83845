"""Who is told when nobody acknowledges an alert: a network's own choice, off until it makes one."""

from collections.abc import Sequence

from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from alerts.errors import UnreadStepsInvalidError
from alerts.unread import service
from alerts.unread.models import UnreadStep
from alerts.unread.service import MOST_STEPS, ROLES, TIERS, StepIn
from alerts.vocabulary import Tier
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.models import Role

router = GuardedRouter(prefix="/alerts/unread", html=True)
MANAGE = needs(Permission.SUBSCRIPTION_MANAGE)
_ROLE, _PERSON = "role:", "person:"
_SPARE = 2  # empty steps below the ones there are


@router.get("", access=MANAGE)
def page(request: Request, session: SessionDep) -> Response:
    """The steps as they are, and room for more."""
    return _page(request, session, _filled(service.steps(session)))


def _filled(steps: Sequence[UnreadStep]) -> Form:
    values: dict[str, Sequence[str]] = {}
    for number, step in enumerate(steps, start=1):
        values[f"tier_{number}"] = [step.tier.value]
        values[f"after_{number}"] = [str(step.after_min)]
        values[f"whom_{number}"] = [f"{_ROLE}{step.role.value}" if step.role else f"{_PERSON}{step.account_id}"]
    return Form(values)


def _page(request: Request, session: Session, form: Form, status: int = 200) -> Response:
    translator = translator_of(request)
    roles = [
        (f"{_ROLE}{role.value}", translator.text("escalation.everybody", role=translator.label(role))) for role in ROLES
    ]
    people = [(f"{_PERSON}{one.id}", one.display_name) for one in service.people(session)]
    used = max((number for number in range(1, MOST_STEPS + 1) if form.get(f"whom_{number}")), default=0)
    return show(
        request, "pages/unread.html", session=session, status=status, form=form, whom=[*roles, *people],
        numbers=range(1, min(used + _SPARE, MOST_STEPS) + 1), is_on=bool(service.steps(session)),
        tiers=[(tier.value, translator.text(f"tier.{tier.value}")) for tier in TIERS],
    )  # fmt: skip


@router.post("", access=MANAGE)
def save(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put what was filled in, in place of what holds; with nothing filled in, nobody is told."""
    done = attempt(
        session, translator_of(request),
        lambda: service.set_steps(session, actor=identity.actor, wanted=_steps(form)),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, form.refused(done.errors), 422)
    return go("/alerts/unread", done="unread_saved")


def _steps(form: Form) -> list[StepIn]:
    """The steps that were filled in; one without anybody to tell is left out."""
    numbers = [number for number in range(1, MOST_STEPS + 1) if form.get(f"whom_{number}").strip()]
    return [_step(form, number) for number in numbers]


def _step(form: Form, number: int) -> StepIn:
    whom = form.get(f"whom_{number}").strip()
    try:
        return StepIn(
            tier=Tier(form.get(f"tier_{number}")),
            after_min=int(form.get(f"after_{number}").strip() or "0"),
            role=Role(whom.removeprefix(_ROLE)) if whom.startswith(_ROLE) else None,
            account_id=as_uuid(whom.removeprefix(_PERSON)) if whom.startswith(_PERSON) else None,
        )
    except (ValidationError, ValueError) as error:
        raise UnreadStepsInvalidError(field=f"after_{number}", most=MOST_STEPS) from error
