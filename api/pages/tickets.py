"""The person's ticket: shown once, after registration or in place of a lost one, and printed from what is shown."""

from typing import Any

from fastapi import Request
from markupsafe import Markup
from sqlmodel import Session, select
from starlette.responses import Response

from api.deps import IdentityDep, ReadingDep, SettingsDep
from api.language import translator_of
from api.pages.forms import FormDep
from api.pages.layout import show
from api.paper import PDF, ticket_paper
from api.routing import GuardedRouter, needs
from api.settings import Settings
from lab.network.access import Permission
from lab.network.models import Site
from lab.samples.errors import TicketInvalidError
from lab.samples.models import Sample, Ticket
from lab.samples.schemas import LabelStanding, Registered
from lab.samples.tickets import hash_of
from templates.labels import lookup_address, ticket_pdf
from templates.qr import qr_svg

router = GuardedRouter(html=True)
_WORTH_SAYING = {LabelStanding.PRINTED_ELSEWHERE, LabelStanding.UNKNOWN}


def ticket_page(request: Request, session: Session, settings: Settings, done: Registered) -> Response:
    """After a registration: the code, and the ticket, or from where the person holds one already."""
    label = done.label if done.label in _WORTH_SAYING else None
    return _page(
        request, session, settings, done.sample, done.ticket, source=done.ticket_source, label=label, is_new=done.is_new
    )


def reissued_page(request: Request, session: Session, settings: Settings, sample: Sample, ticket: str) -> Response:
    """After a ticket was replaced."""
    return _page(request, session, settings, sample, ticket, source=None, label=None, is_new=True)


def _page(
    request: Request, session: Session, settings: Settings, sample: Sample, ticket: str | None, **more: Any
) -> Response:
    site = session.get(Site, sample.site_id)
    drawn = qr_svg(lookup_address(settings.base_url, ticket)) if ticket else None
    return show(
        request, "pages/ticket.html", session=session, sample=sample, at=site, ticket=ticket,
        qr=Markup(drawn) if drawn else None,  # noqa: S704 -- drawn from modules, it holds no text
        address=lookup_address(settings.base_url), **more,
    )  # fmt: skip


@router.post("/tickets/paper", access=needs(Permission.SAMPLE_REGISTER))
def paper(
    request: Request, session: ReadingDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """The ticket that is on the screen, as PDF. It comes in the body, and is kept nowhere."""
    token = form.get("ticket")
    ticket = session.exec(select(Ticket).where(Ticket.token_hash == hash_of(token))).one_or_none()
    sample = session.get(Sample, ticket.sample_id) if ticket and ticket.revoked_at is None else None
    if ticket is None or sample is None or not identity.actor.may(Permission.SAMPLE_REGISTER, sample.site_id):
        raise TicketInvalidError
    page = ticket_paper(session, settings, token=token, ends_on=ticket.expires_at.date())
    return Response(ticket_pdf(page, translator_of(request)), media_type=PDF)
