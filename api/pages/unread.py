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
from api.pages import step_forms
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission

router = GuardedRouter(prefix="/alerts/unread", html=True)
MANAGE = needs(Permission.SUBSCRIPTION_MANAGE)


@router.get("", access=MANAGE)
def page(request: Request, session: SessionDep) -> Response:
    """The steps as they are, and room for more."""
    return _page(request, session, _filled(service.steps(session)))


def _filled(steps: Sequence[UnreadStep]) -> Form:
    values: dict[str, Sequence[str]] = {}
    for number, step in enumerate(steps, start=1):
        values[f"tier_{number}"] = [step.tier.value]
        values[f"after_{number}"] = [str(step.after_min)]
        values[f"whom_{number}"] = [step_forms.value_of(step.role, step.account_id)]
    return Form(values)


def _page(request: Request, session: Session, form: Form, status: int = 200) -> Response:
    translator = translator_of(request)
    return show(
        request, "pages/unread.html", session=session, status=status, form=form,
        whom=step_forms.choices(translator, ROLES, service.people(session)),
        numbers=step_forms.shown(form, MOST_STEPS), is_on=bool(service.steps(session)),
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
    return [_step(form, number) for number in step_forms.filled(form, MOST_STEPS)]


def _step(form: Form, number: int) -> StepIn:
    try:
        return StepIn(tier=Tier(form.get(f"tier_{number}")), **step_forms.told(form, number))
    except (ValidationError, ValueError) as error:
        raise UnreadStepsInvalidError(field=f"after_{number}", most=MOST_STEPS) from error
