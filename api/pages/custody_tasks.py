"""Deviations of custody that wait for a person: the list by age, and closing one with a reason."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import names_of, site_names
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from api.state import state_of
from lab.custody.models import Item, Parcel
from lab.network.access import Permission
from lab.register import settling, tasks
from lab.register.errors import SettlementInvalidError
from lab.register.models import CustodyTask, Settlement
from lab.samples.models import Sample

router = GuardedRouter(prefix="/custody/tasks", html=True)
HANDLE = needs(Permission.CUSTODY_HANDLE)


def _codes(session: Session, rows: list[CustodyTask]) -> dict[UUID, str]:
    keys = [task.item_id for task in rows if task.item_id]
    query = select(Item.id, Sample.code).join(Sample, col(Sample.id) == col(Item.sample_id))
    return dict(session.exec(query.where(col(Item.id).in_(keys))).all())


def _seals(session: Session, rows: list[CustodyTask]) -> dict[UUID, str]:
    keys = [task.parcel_id for task in rows if task.parcel_id]
    return dict(session.exec(select(Parcel.id, Parcel.seal_number).where(col(Parcel.id).in_(keys))).all())


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    waiting = list(tasks.open_tasks(session, actor=identity.actor))
    done = list(tasks.resolved_tasks(session, actor=identity.actor, limit=20))
    rows = [*waiting, *done]
    return show(
        request, "pages/custody_tasks.html", session=session, status=status, form=form, waiting=waiting, done=done,
        codes=_codes(session, rows), seals=_seals(session, rows), sites=site_names(session),
        names=names_of(session, [task.resolved_by for task in done]),
        ways={task.id: settling.possible(task) for task in waiting},
        may_settle={task.id for task in waiting if identity.actor.may(Permission.SAMPLE_READ, task.site_id)},
    )  # fmt: skip


@router.get("", access=HANDLE)
def task_list(request: Request, identity: IdentityDep) -> Response:
    """What was looked for just now, the oldest first."""
    database = state_of(request).database
    with database.session() as session:  # kept before they are shown: whoever closes one names it by its id
        tasks.examine(session)
    with database.reading() as session:
        return _page(request, session, identity, Form())


@router.post("/{custody_task_id}", access=HANDLE)
def resolve(
    custody_task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Close one, with a reason and, where the books are wrong, what sets them right."""
    done = attempt(session, translator_of(request), lambda: _resolve(session, identity, custody_task_id, form))
    if isinstance(done, Refusal):
        form = Form({**form.values, "task": [str(custody_task_id)]}, done.errors)
        return _page(request, session, identity, form, 422)
    return go("/custody/tasks", done="custody_task_settled")


def _resolve(session: Session, identity: IdentityDep, task_id: UUID, form: Form) -> CustodyTask:
    way = form.get("settlement") or Settlement.EXPLAINED.value
    if way not in set(Settlement):
        raise SettlementInvalidError
    return settling.resolve(
        session, actor=identity.actor, task_id=task_id, reason=form.get("reason"), settlement=Settlement(way)
    )
