"""A site's escalation: the page where its coordinator says who is told of a call-back, when, and by what."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import Request
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from alerts.errors import ScheduleInvalidError
from alerts.rules.active import active_rules
from alerts.tasks import scheduling
from alerts.tasks.schedule import STAFF_CHANNELS, schedule_of, steps_of
from alerts.tasks.scheduling import MOST_STEPS, ROLES, StepIn
from alerts.vocabulary import ChannelKind
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages import step_forms
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.network.errors import SiteNotFoundError
from lab.network.models import Site

router = GuardedRouter(html=True)
EDIT = needs(Permission.NETWORK_COORDINATE)


@router.get("/sites/{site_id}/escalation", access=EDIT)
def schedule_page(site_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The steps as they are, and room for more."""
    site = _site(session, identity, site_id)
    return _page(request, session, site, _filled(session, site))


@router.post("/sites/{site_id}/escalation", access=EDIT)
def save(site_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put what was filled in, in place of the schedule; with ``reset`` the network's holds again."""
    site = _site(session, identity, site_id)

    def store() -> None:
        steps = [] if form.get("reset") else _steps(form)
        scheduling.set_schedule(session, actor=identity.actor, site_id=site.id, steps=steps)

    done = attempt(session, translator_of(request), store)
    if isinstance(done, Refusal):
        return _page(request, session, _site(session, identity, site_id), form.refused(done.errors), 422)
    return go(f"/sites/{site_id}/escalation", done="schedule_saved")


def _site(session: Session, identity: IdentityDep, site_id: UUID) -> Site:
    site = session.get(Site, site_id)
    if site is None or not identity.actor.may(Permission.NETWORK_COORDINATE, site_id):
        raise SiteNotFoundError
    return site


def _filled(session: Session, site: Site) -> Form:
    """The schedule that holds now, as a form."""
    schedule = schedule_of(session, site_id=site.id, settings=active_rules(session).settings)
    values: dict[str, Sequence[str]] = {}
    rows = [(step.after, target) for step in schedule.steps for target in step.targets]
    for number, (after, target) in enumerate(rows, start=1):
        values[f"after_{number}"] = [str(int(after.total_seconds() // 60))]
        values[f"whom_{number}"] = [step_forms.value_of(target.role, target.account_id)]
        values[f"by_{number}"] = [kind.value for kind in target.channels]
    return Form(values)


def _page(request: Request, session: Session, site: Site, form: Form, status: int = 200) -> Response:
    translator = translator_of(request)
    settings = active_rules(session).settings
    return show(
        request, "pages/escalation.html", session=session, status=status, form=form, at=site,
        numbers=step_forms.shown(form, MOST_STEPS),
        whom=step_forms.choices(translator, ROLES, scheduling.people_at(session, site_id=site.id)),
        channels=[(kind.value, translator.label(kind)) for kind in STAFF_CHANNELS],
        is_own=bool(steps_of(session, site_id=site.id)),
        repeat_min=int(settings.escalation_repeat.total_seconds() // 60),
    )  # fmt: skip


def _steps(form: Form) -> list[StepIn]:
    """The steps that were filled in; one without anybody to tell is left out."""
    return [_step(form, number) for number in step_forms.filled(form, MOST_STEPS)]


def _step(form: Form, number: int) -> StepIn:
    try:
        return StepIn(
            **step_forms.told(form, number),
            channels=[ChannelKind(one) for one in form.all(f"by_{number}")],
        )
    except (ValidationError, ValueError) as error:
        raise ScheduleInvalidError(field=f"after_{number}", most=MOST_STEPS) from error
