"""Protocols by version and the trainings of teams."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.pages.network import COORDINATE
from api.routing import GuardedRouter
from lab.kit.clock import today
from lab.network import people, sites, team
from lab.network.access import Actor

router = GuardedRouter(prefix="/network/training", html=True)


@router.get("", access=COORDINATE)
def page(request: Request, session: SessionDep, actor: ActorDep, site: str = "") -> Response:
    """Protocols in force, and who was trained on which."""
    return _page(request, session, actor, Form({"trained_on": [today().isoformat()]}), site_id=as_uuid(site))


def _page(
    request: Request, session: Session, actor: Actor, form: Form, status: int = 200, *, site_id: UUID | None = None
) -> Response:
    protocols = team.list_protocols(session)
    holding = {one.id for one in team.in_force(protocols, on=today()).values()}
    return show(
        request, "pages/network_training.html", session=session, status=status, form=form, protocols=protocols,
        holding=holding, rows=team.list_training(session, actor=actor, on=today(), site_id=site_id),
        people=[one for one in people.list_people(session, actor=actor) if one.account.active],
        sites=sites.all_sites(session, actor=actor), chosen=site_id, today=today(),
    )  # fmt: skip


@router.post("/protocols", access=COORDINATE)
def add_protocol(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """A new version of a protocol."""
    done = attempt(
        session, translator_of(request),
        lambda: team.add_protocol(session, actor=actor, data=team.ProtocolIn.model_validate(form.cleaned())),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, actor, form.refused(done.errors), 422)
    return go("/network/training", done="protocol_added")


@router.post("", access=COORDINATE)
def record(request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Somebody was trained."""
    done = attempt(
        session, translator_of(request),
        lambda: team.record_training(session, actor=actor, data=team.TrainingIn.model_validate(form.cleaned())),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _page(request, session, actor, form.refused(done.errors), 422)
    return go("/network/training", done="training_recorded")
