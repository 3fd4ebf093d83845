"""Labels for people: print a batch, print one again, declare a sheet lost, ask what a code on a label is."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show, work_site
from api.paper import PDF, SINGLE, batch_pdf, label_pdf, parcel_paper
from api.routing import GuardedRouter, needs
from lab.custody import service as custody
from lab.custody.errors import ParcelNotFoundError
from lab.labels import service
from lab.labels.formats import formats
from lab.network import sites
from lab.network.access import Permission
from lab.network.models import Account
from lab.samples import service as samples
from lab.samples.codes import parse_code
from lab.samples.schemas import LabelStanding
from templates.i18n import translator
from templates.labels import parcel_pdf

router = GuardedRouter(html=True)
PRINT = needs(Permission.SAMPLE_REGISTER)


def _labels_page(
    request: Request, session: Session, identity: IdentityDep, form: Form, *, status: int = 200,
    standing: LabelStanding | None = None,
) -> Response:  # fmt: skip
    actor = identity.actor
    batches = service.list_batches(session, actor=actor)
    return show(
        request, "pages/labels.html", session=session, status=status, form=form, formats=formats(), batches=batches,
        at=work_site(request, session, identity, Permission.SAMPLE_REGISTER), standing=standing,
        whole_network=actor.sites(Permission.SAMPLE_REGISTER) is None,
        sites={site.id: site.name for site in sites.list_sites(session)},
        people={one.batch.printed_by: session.get_one(Account, one.batch.printed_by).display_name for one in batches},
    )  # fmt: skip


@router.get("/labels", access=PRINT)
def labels_page(request: Request, session: SessionDep, identity: IdentityDep, code: str = "") -> Response:
    """The form to print, what was printed before, and what is known of a ``code``."""
    form = Form({"code": [code], "format": ["L7160"], "sheets": ["1"]})
    here = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    if not code.strip() or here is None:
        return _labels_page(request, session, identity, form)
    found = attempt(
        session, translator_of(request), lambda: service.look_at(session, code=parse_code(code), site_id=here.id)
    )
    if isinstance(found, Refusal):
        return _labels_page(request, session, identity, form.refused(found.errors), status=422)
    return _labels_page(request, session, identity, form, standing=found)


@router.post("/labels", access=PRINT)
def print_labels(
    request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Draw the codes, keep them, and answer with the sheets. Tickets beside them are seen this once."""
    here = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    done = attempt(
        session, translator_of(request),
        lambda: service.print_batch(
            session, actor=identity.actor, site_id=here.id if here and not form.get("for_all") else None,
            format=form.get("format"), sheets=_count(form.get("sheets")), language=language_of(request),
            with_tickets=bool(form.get("with_tickets")),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _labels_page(request, session, identity, form.refused(done.errors), status=422)
    return _pdf(batch_pdf(done, settings=settings, translator=translator_of(request)), "labels")


def _count(text: str) -> int:
    """The whole number typed; 0, which is refused with what may be, for anything else."""
    return int(text) if text.strip().isdecimal() and len(text.strip()) < 4 else 0


def _pdf(content: bytes, name: str) -> Response:
    return Response(content, media_type=PDF, headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'})


@router.get("/labels/{batch_id}.pdf", access=PRINT)
def print_again(batch_id: UUID, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """The same labels once more; not where tickets stood beside them."""
    printed = service.print_again(session, actor=identity.actor, batch_id=batch_id)
    return _pdf(batch_pdf(printed, settings=settings, translator=translator(printed.batch.language)), "labels")


@router.post("/labels/{batch_id}/lost", access=PRINT)
def declare_lost(batch_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """What is left of a batch can be used no more."""
    service.declare_lost(session, actor=identity.actor, batch_id=batch_id)
    return go("/labels", done="labels_lost")


@router.get("/samples/{code}/label.pdf", access=PRINT)
def one_label(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, format: str = SINGLE
) -> Response:
    """The label of a sample, once more."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code)
    made = label_pdf(sample.code, format=format, settings=settings, translator=translator_of(request))
    return Response(made, media_type=PDF)


@router.get("/custody/parcels/{parcel_id}/label.pdf", access=needs(Permission.CUSTODY_HANDLE))
def parcel_label(
    parcel_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep
) -> Response:
    """The label of a parcel, with the code that is scanned when it arrives."""
    parcel = custody.get_parcel(session, parcel_id=parcel_id)
    if not identity.actor.may_at_any(Permission.CUSTODY_HANDLE, parcel.ends):
        raise ParcelNotFoundError(parcel=str(parcel_id))
    return Response(parcel_pdf(parcel_paper(session, settings, parcel=parcel), translator_of(request)), media_type=PDF)
