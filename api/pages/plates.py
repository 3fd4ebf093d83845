"""Plates for people: laying one out, and seeing what was read on its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show, work_site
from api.pages.plate_view import picture_view
from api.routing import GuardedRouter, needs
from api.state import state_of
from lab.custody import overview
from lab.kit.messages import Message
from lab.library import service as library
from lab.library.models import TlcSystem
from lab.network.access import Permission
from lab.network.models import Site
from lab.plates import layouts, service
from lab.plates.advice import missing_on
from lab.plates.alignments import alignment_of, overlaid
from lab.plates.layouts import LayoutIn
from lab.plates.models import LaneKind, PictureLight, PictureState, Plate, PlatePicture, ReadingStep
from lab.plates.schemas import MAX_LANES, LaneIn, PlateIn
from lab.quality.judging import judge
from lab.results.models import FindingRole
from lab.samples import service as samples
from lab.samples.models import Sample

router = GuardedRouter(prefix="/plates", html=True)
WORK = needs(Permission.PLATE_WORK)
_FIRST_LANES = 6
_MORE_LANES = 4
STEPS = tuple(ReadingStep)
PICTURE_ROWS = 6  # three lights and three reagents
_ACCEPTED = "image/*,.heic,.heif,.tif,.tiff"  # not every system knows the last ones for pictures


@dataclass(frozen=True)
class PlateRow:
    """A plate in the list."""

    plate: Plate
    system: str
    codes: Sequence[str]
    pictures: Sequence[PlatePicture]

    @property
    def is_waiting(self) -> bool:
        return any(picture.state is PictureState.WAITING for picture in self.pictures)


def plate_row(session: Session, plate: Plate) -> PlateRow:
    """``plate`` with what is on it."""
    lanes = service.lanes_of(session, plate_id=plate.id)
    ids = dict.fromkeys(lane.sample_id for lane in lanes if lane.sample_id)
    codes = [session.get_one(Sample, sample_id).code for sample_id in ids]
    system = session.get_one(TlcSystem, plate.system_id)
    return PlateRow(plate, system.code, codes, service.pictures_of(session, plate_id=plate.id))


@router.get("", access=WORK)
def plate_list(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """The newest plates."""
    rows = [plate_row(session, plate) for plate in service.list_plates(session, actor=identity.actor)]
    return show(request, "pages/plates.html", session=session, rows=rows)


def _new_page(
    request: Request,
    session: Session,
    identity: IdentityDep,
    form: Form,
    lanes: int,
    status: int = 200,
    advice: Sequence[Message] | None = None,
    was_remembered: bool = False,
) -> Response:
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    held = overview.items_at(session, actor=identity.actor, site_id=site.id) if site else []
    remembered = layouts.list_layouts(session, actor=identity.actor, site_id=site.id) if site else []
    return show(
        request, "pages/plate_new.html", session=session, status=status, form=form, at=site,
        systems=library.list_systems(session), kinds=LaneKind, lanes=min(max(lanes, _FIRST_LANES), MAX_LANES),
        more=_MORE_LANES, codes=sorted({one.sample.code for one in held}), remembered=remembered, advice=advice,
        was_remembered=was_remembered,
    )  # fmt: skip


@router.get("/new", access=WORK)
def new_plate(
    request: Request,
    session: SessionDep,
    identity: IdentityDep,
    lanes: int = _FIRST_LANES,
    layout: str = "",
    system: str = "",
    samples: str = "",
) -> Response:
    """The layout form: empty, as a remembered ``layout`` has it, or with ``samples`` on its lanes."""
    form = _begun(session, identity, as_uuid(layout), system, [code for code in samples.split(",") if code])
    return _new_page(request, session, identity, form, max(lanes, len(form.all("kind"))))


def _begun(session: Session, identity: IdentityDep, layout_id: UUID | None, system: str, codes: Sequence[str]) -> Form:
    """What stands in the form at first."""
    kinds, contents = [LaneKind.SAMPLE.value] * len(codes), list(codes)
    values: dict[str, Sequence[str]] = {"system_id": [system]}
    if layout_id is not None:
        kept = layouts.get_layout(session, actor=identity.actor, layout_id=layout_id)
        kinds = [lane["kind"] for lane in kept.lanes]
        contents = [lane["substance"] for lane in kept.lanes]
        sides = {name: [f"{side:g}"] for name in ("width_mm", "height_mm") if (side := getattr(kept, name)) is not None}
        values = {"system_id": [str(kept.system_id or "")], **sides}
    return Form(values | {"kind": kinds, "content": contents})


@router.post("/new", access=WORK)
def create(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Lay the plate out; "more lanes" comes back with what was typed."""
    if form.get("more_lanes"):
        return _new_page(request, session, identity, form, len(form.all("kind")) + _MORE_LANES)
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    if form.get("check") or form.get("remember"):
        return _not_yet(request, session, identity, form, site)
    done = attempt(session, translator_of(request), lambda: _create(session, identity, form, site))
    if isinstance(done, Refusal):
        return _new_page(request, session, identity, form.refused(done.errors), len(form.all("kind")), 422)
    return go(f"/plates/{done.id}", done="plate_created")


def _not_yet(request: Request, session: Session, identity: IdentityDep, form: Form, site: Site | None) -> Response:
    """Look the layout over, or remember it; nothing that was typed is lost."""

    def looked() -> Sequence[Message] | None:
        if form.get("remember"):
            _remember(session, identity, form, site)
            return None
        data = PlateIn.model_validate({"site_id": site and site.id, "system_id": form.get("system_id")})
        lanes = _lanes(session, identity, form)
        return missing_on(session, actor=identity.actor, site_id=data.site_id, system_id=data.system_id, lanes=lanes)

    done = attempt(session, translator_of(request), looked)
    count = len(form.all("kind"))
    if isinstance(done, Refusal):
        errors = {"layout_name" if name == "name" else name: text for name, text in done.errors.items()}
        return _new_page(request, session, identity, form.refused(errors), count, 422)
    return _new_page(request, session, identity, form, count, advice=done, was_remembered=bool(form.get("remember")))


def _remember(session: Session, identity: IdentityDep, form: Form, site: Site | None) -> None:
    standards = {LaneKind.STANDARD, LaneKind.INTERNAL_STANDARD}
    lanes = [
        {"kind": kind or LaneKind.BLANK, "substance": content if kind in standards else ""}
        for kind, content in _given(form)
    ]
    data: dict[str, Any] = form.cleaned(numbers=("width_mm", "height_mm"))
    fields = {name: data[name] for name in ("system_id", "width_mm", "height_mm") if name in data}
    layout = LayoutIn.model_validate(fields | {"name": form.get("layout_name"), "lanes": lanes})
    layouts.remember(session, actor=identity.actor, site_id=site.id if site else UUID(int=0), data=layout)


def _given(form: Form) -> list[tuple[str, str]]:
    """The lanes as typed, without the empty ones at the end."""
    given = [(kind, content.strip()) for kind, content in zip(form.all("kind"), form.all("content"), strict=True)]
    while given and not given[-1][0]:
        given.pop()
    return given


def _lanes(session: Session, identity: IdentityDep, form: Form) -> list[LaneIn]:
    return [_lane(session, identity, kind, content) for kind, content in _given(form)]


def _create(session: Session, identity: IdentityDep, form: Form, site: Site | None) -> Plate:
    data: dict[str, Any] = form.cleaned(numbers=("width_mm", "height_mm"))
    fields = {name: data[name] for name in ("system_id", "number", "layer", "width_mm", "height_mm") if name in data}
    lanes = _lanes(session, identity, form)
    plate = PlateIn.model_validate(fields | {"site_id": site and site.id, "lanes": lanes})
    return service.create_plate(session, actor=identity.actor, data=plate)


def _lane(session: Session, identity: IdentityDep, kind: str, content: str) -> LaneIn:
    """One line of the form: a code for a sample, a name for a standard. An empty line between others is a blank."""
    chosen = LaneKind(kind) if kind else LaneKind.BLANK
    if chosen is LaneKind.SAMPLE and content:
        sample = samples.get_by_code(session, actor=identity.actor, code=content)
        return LaneIn(kind=chosen, sample_id=sample.id)
    if chosen in {LaneKind.STANDARD, LaneKind.INTERNAL_STANDARD} and content:
        return LaneIn(kind=chosen, substance_id=library.find_substance(session, name=content).id)
    return LaneIn(kind=chosen)


@router.get("/{plate_id}", access=WORK)
def plate_page(
    plate_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, picture: str = ""
) -> Response:
    """One plate: its pictures, what was read on the chosen one, and what that is compatible with."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    return show_plate(request, session, identity, plate, Form(), chosen=as_uuid(picture))


def show_plate(
    request: Request,
    session: Session,
    identity: IdentityDep,
    plate: Plate,
    form: Form,
    *,
    chosen: UUID | None = None,
    status: int = 200,
    taken: int = 0,
) -> Response:
    """The page of ``plate`` with the picture ``chosen``, else its newest. ``taken``: pictures just taken in."""
    row = plate_row(session, plate)
    picture = next((one for one in row.pictures if one.id == chosen), row.pictures[-1] if row.pictures else None)
    watch_list = state_of(request).settings.watched
    view = (
        None
        if picture is None
        else picture_view(session, identity.actor, picture, translator_of(request), watch_list=watch_list)
    )
    return show(
        request, "pages/plate.html", session=session, status=status, form=form, row=row, plate=plate,
        picture=picture, view=view, lights=PictureLight, roles=FindingRole, steps=STEPS,
        taken=taken, picture_rows=PICTURE_ROWS, accepted=_ACCEPTED,
        order=None if picture is None else service.waiting_order(session, picture_id=picture.id),
        judgement=None if view is None else judge(session, reading=view.reading),
        overlay=() if picture is None else overlaid(session, plate_id=plate.id, picture_id=picture.id),
        alignment=None if picture is None else alignment_of(session, picture_id=picture.id),
    )  # fmt: skip
