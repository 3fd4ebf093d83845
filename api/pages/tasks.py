"""Call-backs for people: who must be told now, and saying that they were."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.contacts import reading
from alerts.contacts.outcomes import Notice, notices_of_task
from alerts.tasks import service
from alerts.tasks.models import CallbackTask
from api.answers import answer_views
from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, seen_state, show
from api.pages.task_rows import open_tasks
from api.routing import SIGNED_IN, GuardedRouter, needs
from api.services import contact_keys
from lab.contacts import service as contacts
from lab.contacts.models import ContactKind
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Account, Site
from lab.samples.models import Sample

router = GuardedRouter(prefix="/tasks", html=True)
READ = needs(Permission.SAMPLE_READ)
HANDLE = needs(Permission.TASK_HANDLE)


@dataclass(frozen=True)
class TaskContact:
    """What a call-back says of the person's contact: ``addresses`` only when somebody asked to see them."""

    kept: bool
    notices: Sequence[Notice]
    addresses: Sequence[tuple[ContactKind, str]]
    colleagues: Sequence[tuple[str, str]]


def task_contact(
    session: Session, *, task: CallbackTask, addresses: Sequence[tuple[ContactKind, str]] = ()
) -> TaskContact:
    """The contact of the sample that ``task`` is about, and who else could call."""
    return TaskContact(
        kept=bool(contacts.contacts_of(session, sample_id=task.sample_id)),
        notices=notices_of_task(session, task_id=task.id),
        addresses=addresses,
        colleagues=[(str(one.id), one.display_name) for one in service.may_be_handed_to(session, task=task)],
    )


@router.get("", access=READ)
def task_list(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Everybody who must be called back, the oldest first."""
    rows = open_tasks(session, actor=identity.actor, translator=translator_of(request))
    coordinated = sites.sites_for(session, actor=identity.actor, permission=Permission.NETWORK_COORDINATE)
    return show(request, "pages/tasks.html", session=session, tasks=rows, coordinated=coordinated)


@router.get("/banner", access=SIGNED_IN)
def banner(request: Request, session: SessionDep, identity: IdentityDep, seen: str = "") -> Response:
    """The call-backs for a page that is open: nothing (204) while they are what it has ``seen``."""
    if seen == seen_state(service.list_open(session, actor=identity.actor)):
        return Response(status_code=204)
    rows = open_tasks(session, actor=identity.actor, translator=translator_of(request))
    return show(request, "pages/task_banner.html", session=session, tasks=rows)


@router.get("/{task_id}", access=READ)
def task_page(task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One call-back: what was found, what to say, and "told"."""
    task = service.get_task(session, actor=identity.actor, task_id=task_id)
    return _page(request, session, identity, task, Form())


def _page(
    request: Request, session: Session, identity: IdentityDep, task: CallbackTask, form: Form, status: int = 200,
    addresses: Sequence[tuple[ContactKind, str]] = (),
) -> Response:  # fmt: skip
    sample = session.get_one(Sample, task.sample_id)
    events = service.history(session, task_id=task.id)
    people = {event.account_id for event in events if event.account_id} | (
        {task.handed_to} if task.handed_to else set()
    )
    return show(
        request, "pages/task.html", session=session, status=status, form=form, task=task, sample=sample,
        events=events, answer=answer_views(session, actor=identity.actor, sample=sample)[:1],
        people={key: account.display_name for key in people if (account := session.get(Account, key))},
        at=session.get_one(Site, task.site_id),
        may_handle=identity.actor.may(Permission.TASK_HANDLE, task.site_id),
        contact=task_contact(session, task=task, addresses=addresses),
    )  # fmt: skip


def _do(
    request: Request, session: Session, identity: IdentityDep, task_id: UUID, form: Form,
    action: Callable[[], CallbackTask], done: str,
) -> Response:  # fmt: skip
    outcome = attempt(session, translator_of(request), action)
    if isinstance(outcome, Refusal):
        task = service.get_task(session, actor=identity.actor, task_id=task_id)
        return _page(request, session, identity, task, form.refused(outcome.errors), 422)
    return go(f"/tasks/{task_id}", done=done)


@router.post("/{task_id}/take", access=HANDLE)
def take(task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """I am on it."""
    return _do(request, session, identity, task_id, form,
               lambda: service.acknowledge(session, actor=identity.actor, task_id=task_id), "task_taken")  # fmt: skip


@router.post("/{task_id}/told", access=HANDLE)
def told(task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The person was told; what was said."""
    said = form.get("said")
    return _do(request, session, identity, task_id, form,
               lambda: service.confirm_called_back(session, actor=identity.actor, task_id=task_id, said=said),
               "task_told")  # fmt: skip


@router.post("/{task_id}/not-reached", access=HANDLE)
def not_reached(task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Tried, not reached: it stays open."""
    note = form.get("said")
    return _do(request, session, identity, task_id, form,
               lambda: service.record_not_reached(session, actor=identity.actor, task_id=task_id, note=note),
               "task_not_reached")  # fmt: skip


@router.post("/{task_id}/hand-over", access=HANDLE)
def hand_over(task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Ask somebody else to call."""
    chosen, note = as_uuid(form.get("handed_to")), form.get("hand_over_note")
    return _do(request, session, identity, task_id, form,
               lambda: service.hand_over(session, actor=identity.actor, task_id=task_id, account_id=chosen, note=note),
               "task_handed")  # fmt: skip


@router.post("/{task_id}/contact", access=HANDLE)
def contact(
    task_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep
) -> Response:
    """Show the person's contact to whoever calls, and write down that it was read. Nothing of it is kept anywhere."""
    keys = contact_keys(settings)
    addresses = reading.read_contacts(session, actor=identity.actor, keys=keys, task_id=task_id)
    task = service.get_task(session, actor=identity.actor, task_id=task_id)
    response = _page(request, session, identity, task, Form(), addresses=addresses)
    response.headers["Cache-Control"] = "no-store"
    return response
