"""One container: found by scanning its label or seal, what happened to it, what is left, what is done with it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.deps import FilesDep, IdentityDep, SessionDep
from api.language import translator_of
from api.pages.custody import names_of, site_names
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.pages.photos import photo_in
from api.routing import GuardedRouter, needs
from api.uploads import PHOTO_LIMIT
from lab.custody import recording, service
from lab.custody.containers import find_container
from lab.custody.corrections import ways
from lab.custody.errors import EventInvalidError, ItemNotFoundError, NotReadableError
from lab.custody.models import Action, Item
from lab.custody.schemas import TimelineEntry
from lab.network.access import Permission
from lab.photos.service import add_seal_photo, photos_of
from lab.plates.errors import PictureEmptyError
from lab.register import storage, weighings
from lab.register.tasks import tasks_of_items
from lab.samples import service as samples
from lab.samples.errors import SampleNotFoundError
from lab.samples.models import Sample

router = GuardedRouter(prefix="/custody", html=True)
READ, HANDLE = needs(Permission.SAMPLE_READ), needs(Permission.CUSTODY_HANDLE)
HERE = storage.HERE


def _item(session: Session, identity: IdentityDep, item_id: UUID) -> tuple[Item, Sample]:
    """The container and its sample; one of a sample that this account may not see is not there for it."""
    item = service.get_item(session, item_id)
    try:
        return item, samples.get(session, actor=identity.actor, sample_id=item.sample_id)
    except SampleNotFoundError as error:
        raise ItemNotFoundError(item=str(item_id)) from error


@router.get("/find", access=READ)
def find(request: Request, session: SessionDep, identity: IdentityDep, text: str = "") -> Response:
    """The container whose label or seal was scanned; without one the box to scan into."""
    form = Form({"text": [text]})
    if not text.strip():
        return show(request, "pages/item_find.html", session=session, form=form)
    found = attempt(session, translator_of(request), lambda: _found(session, identity, text))
    if isinstance(found, Refusal):
        errors = {"text": next(iter(found.errors.values()))}
        return show(request, "pages/item_find.html", session=session, status=422, form=form.refused(errors))
    return go(f"/custody/items/{found.id}")


def _found(session: Session, identity: IdentityDep, text: str) -> Item:
    """By the sample's code, else by the number of a seal; a seal is looked for among what this account may see."""
    sealed = session.exec(select(Item).where(Item.seal_number == text.strip()).order_by(col(Item.created_at).desc()))
    for item in sealed:
        try:
            return _item(session, identity, item.id)[0]
        except ItemNotFoundError:
            continue
    found = find_container(session, text=text, manifest=()).item
    if found is None:
        raise NotReadableError
    return _item(session, identity, found.id)[0]


def _page(
    request: Request, session: Session, identity: IdentityDep, item_id: UUID, form: Form, status: int = 200
) -> Response:
    item, sample = _item(session, identity, item_id)
    history = [entry for entry in service.timeline(session, sample_id=sample.id) if entry.item_id == item.id]
    family = service.items_of(session, sample_id=sample.id)
    may, status_now = identity.actor.may, service.state_of(session, item_id=item.id)
    return show(
        request, "pages/item.html", session=session, status=status, form=form, item=item, sample=sample,
        history=history, family=[one for one in family if one.id != item.id], sites=site_names(session),
        names=_names(session, history), balance=service.balance(session, sample_id=sample.id),
        tasks=[task for task in tasks_of_items(session, item_ids=[item.id]) if task.resolved_at is None],
        on_hold=storage.is_held(session, sample_id=sample.id),
        ways={event.id: sorted(ways(event)) for event in recording.history(session, item.id)},
        ends=[entry for entry in history if entry.id in status_now.heads] if status_now.conflict else [],
        return_basis=service.return_basis(session),
        sum=weighings.together(session, weighings.of_sample(session, sample.id), site_id=item.site_id),
        due_on=storage.due_on(session, item=item, sample=sample) if item.state in HERE else None,
        places=[
            (place.code, f"{place.code} · {place.name}")
            for place in storage.places_of(session, site_id=item.site_id)
        ],
        photos=[photo for photo in photos_of(session, sample_id=sample.id) if photo.item_id == item.id],
        can={
            "handle": item.state in HERE and may(Permission.CUSTODY_HANDLE, item.site_id),
            "correct": may(Permission.CUSTODY_HANDLE, item.site_id),
            "bench": item.state in HERE and may(Permission.CUSTODY_LABORATORY, item.site_id),
            "hold": may(Permission.NETWORK_COORDINATE, item.site_id),
        },
    )  # fmt: skip


def _names(session: Session, history: list[TimelineEntry]) -> dict[UUID, str]:
    return names_of(session, [key for one in history for key in (one.actor_id, one.witness_id)])


@router.get("/items/{item_id}", access=READ)
def item_page(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One container."""
    return _page(request, session, identity, item_id, Form())


def do(
    request: Request, session: Session, identity: IdentityDep, item_id: UUID, form: Form, said: str,
    action: Callable[[Item], Any],
) -> Response:  # fmt: skip
    """Do something with a container that this account may see, and show its page again."""
    item, _ = _item(session, identity, item_id)
    done = attempt(session, translator_of(request), lambda: action(item))
    if isinstance(done, Refusal):
        return _page(request, session, identity, item_id, form.refused(done.errors), 422)
    return go(f"/custody/items/{item_id}", done=said)


def _mass(form: Form, name: str) -> float:
    mass_mg = form.number(name)
    if mass_mg is None:
        raise EventInvalidError(field=name, name=name)
    return mass_mg


@router.post("/items/{item_id}/store", access=HANDLE)
def store(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Put it into a storage place, weighed or not."""
    return do(request, session, identity, item_id, form, "item_stored", lambda item: storage.store(
        session, actor=identity.actor, item_id=item.id, place=form.get("place"), mass_mg=form.number("mass_mg"),
    ))  # fmt: skip


@router.post("/items/{item_id}/open", access=HANDLE)
def open_item(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Break its seal to work on its content."""
    return do(request, session, identity, item_id, form, "item_opened", lambda item: service.open_item(
        session, actor=identity.actor, item_id=item.id, mass_mg=form.number("weighed_mg"),
    ))  # fmt: skip


@router.post("/items/{item_id}/use", access=HANDLE)
def use(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Book what was used up."""
    return do(request, session, identity, item_id, form, "item_used", lambda item: service.consume(
        session, actor=identity.actor, item_id=item.id, mass_mg=_mass(form, "used_mg"),
        note=form.get("note").strip() or None,
    ))  # fmt: skip


@router.post("/items/{item_id}/aliquot", access=HANDLE)
def aliquot(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Take a part of it into a container of its own."""
    return do(request, session, identity, item_id, form, "item_divided", lambda item: service.aliquot(
        session, actor=identity.actor, item_id=item.id, mass_mg=_mass(form, "part_mg"),
    ))  # fmt: skip


@router.post("/items/{item_id}/lost", access=HANDLE)
def lost(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """It cannot be found."""
    return do(request, session, identity, item_id, form, "item_lost", lambda item: service.record_event(
        session, actor=identity.actor, item_id=item.id, action=Action.LOST, note=form.get("lost_note").strip() or None,
    ))  # fmt: skip


@router.post("/items/{item_id}/found", access=HANDLE)
def found(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """It was found where it had been."""
    return do(request, session, identity, item_id, form, "item_found", lambda item: service.record_event(
        session, actor=identity.actor, item_id=item.id, action=Action.FOUND, to_site_id=item.site_id,
    ))  # fmt: skip


@router.post("/items/{item_id}/hold", access=needs(Permission.NETWORK_COORDINATE))
def hold(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """An authority asks that nothing of the sample be destroyed or given back."""
    return do(request, session, identity, item_id, form, "item_held", lambda item: storage.hold(
        session, actor=identity.actor, item_id=item.id, basis=form.get("basis"),
    ))  # fmt: skip


@router.post("/items/{item_id}/release", access=needs(Permission.NETWORK_COORDINATE))
def release(item_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """The hold is over."""
    return do(request, session, identity, item_id, form, "item_released", lambda item: storage.release(
        session, actor=identity.actor, item_id=item.id, basis=form.get("basis"),
    ))  # fmt: skip


@router.post("/items/{item_id}/photo", access=HANDLE, max_body_size=PHOTO_LIMIT)
def photo(
    item_id: UUID, request: Request, session: SessionDep, files: FilesDep, identity: IdentityDep, form: FormDep
) -> Response:
    """A photograph of its seal."""
    clean = attempt(session, translator_of(request), lambda: _picture(form))
    if isinstance(clean, Refusal):
        return _page(request, session, identity, item_id, form.refused(clean.errors), 422)
    return do(request, session, identity, item_id, form, "photo_added", lambda item: add_seal_photo(
        session, files, actor=identity.actor, item=item, clean=clean,
    ))  # fmt: skip


def _picture(form: Form) -> bytes:
    clean = photo_in(form)
    if clean is None:
        raise PictureEmptyError
    return clean
