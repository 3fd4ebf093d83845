"""Around the layout of a plate: what is remembered, the worksheet on paper, and which second system to run."""

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.routing import GuardedRouter, needs
from lab.library.models import Substance, TlcSystem
from lab.library.service import list_systems
from lab.network.access import Permission
from lab.network.models import Site
from lab.plates import layouts, service
from lab.plates.advice import open_groups, second_systems
from lab.plates.models import PlateLane
from lab.samples.models import Sample
from templates.i18n import Translator
from templates.worksheet import Worksheet, WorksheetLane, worksheet_pdf

router = GuardedRouter(prefix="/plates", html=True)
WORK = needs(Permission.PLATE_WORK)


def _page(request: Request, session: Session, identity: IdentityDep, form: Form, status: int = 200) -> Response:
    site = work_site(request, session, identity, Permission.PLATE_WORK)
    rows = [] if site is None else layouts.list_layouts(session, actor=identity.actor, site_id=site.id)
    return show(
        request, "pages/plate_layouts.html", session=session, status=status, form=form, at=site, rows=rows,
        systems={system.id: system.code for system in list_systems(session)},
    )  # fmt: skip


@router.get("/layouts", access=WORK)
def layout_list(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What this laboratory remembers."""
    return _page(request, session, identity, Form())


@router.post("/layouts/{layout_id}/rename", access=WORK)
def rename(layout_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Another name for a layout."""
    actor, name = identity.actor, form.get("layout_name").strip()
    return _do(request, session, identity, form,
               lambda: layouts.rename(session, actor=actor, layout_id=layout_id, name=name))  # fmt: skip


@router.post("/layouts/{layout_id}/forget", access=WORK)
def forget(layout_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Remember it no more; plates stay as they are."""
    actor = identity.actor
    return _do(request, session, identity, form,
               lambda: layouts.forget_layout(session, actor=actor, layout_id=layout_id))  # fmt: skip


def _do(
    request: Request, session: Session, identity: IdentityDep, form: Form, action: Callable[[], object]
) -> Response:
    done = attempt(session, translator_of(request), action)
    if isinstance(done, Refusal):
        errors = {"layout_name" if name == "name" else name: text for name, text in done.errors.items()}
        return _page(request, session, identity, form.refused(errors), 422)
    return go("/plates/layouts", done="layout_changed")


@router.get("/{plate_id}/worksheet.pdf", access=WORK)
def worksheet(
    plate_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep
) -> Response:
    """The plate on paper, in the language of the page."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    system, site = session.get_one(TlcSystem, plate.system_id), session.get_one(Site, plate.site_id)
    speak = translator_of(request)
    sides = [f"{side:g}" for side in (plate.width_mm, plate.height_mm) if side is not None]
    sheet = Worksheet(
        number=plate.number, laboratory=site.name, network=settings.network_name, system=system.code,
        mobile_phase=system.mobile_phase, layer=plate.layer, saturation=system.saturation,
        size=f"{' × '.join(sides)} mm" if sides else "", laid_out_at=plate.created_at,
        standards=[(str(row["substance"]), float(str(row["hrfc"]))) for row in system.correction_standards],
        lanes=[_lane(session, lane, speak) for lane in service.lanes_of(session, plate_id=plate.id)],
    )  # fmt: skip
    headers = {"Content-Disposition": f'inline; filename="worksheet-{plate.id}.pdf"'}
    return Response(worksheet_pdf(sheet, speak), media_type="application/pdf", headers=headers)


def _lane(session: Session, lane: PlateLane, speak: Translator) -> WorksheetLane:
    sample = session.get(Sample, lane.sample_id) if lane.sample_id else None
    substance = session.get(Substance, lane.substance_id) if lane.substance_id else None
    mixture = lane.kind.value == "standard" and substance is None
    name = substance.name if substance else speak.text("worksheet.mixture") if mixture else ""
    return WorksheetLane(
        index=lane.index, kind=speak.label(lane.kind), code=None if sample is None else sample.code, name=name
    )


@router.get("/{plate_id}/second-system", access=WORK)
def second_system(plate_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Which system would best tell apart what this plate left open."""
    plate = service.get_plate(session, actor=identity.actor, plate_id=plate_id)
    lanes = service.lanes_of(session, plate_id=plate.id)
    samples = [lane.sample_id for lane in lanes if lane.sample_id is not None]
    groups = open_groups(session, actor=identity.actor, sample_ids=samples)
    found = second_systems(session, site_id=plate.site_id, groups=groups, besides={plate.system_id})
    return show(
        request, "pages/second_system.html", session=session, plate=plate, groups=groups, found=found,
        systems={system.code: system for system in list_systems(session)},
        codes=[session.get_one(Sample, key).code for key in dict.fromkeys(samples)],
    )  # fmt: skip
