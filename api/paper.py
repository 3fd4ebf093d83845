"""Gathers what stands on labels, tickets and parcels, for pages, JSON routes and commands."""

from datetime import date

from sqlmodel import Session, col, select

from api.settings import Settings
from lab.custody.models import Parcel, ParcelItem
from lab.kit.clock import now
from lab.labels.formats import Format, format_named
from lab.labels.service import Printed
from lab.network.models import Site
from lab.results.waiting import usual_wait
from templates.i18n import Translator
from templates.labels import ParcelPaper, Sheet, TicketPaper, labels_pdf

PDF = "application/pdf"
SINGLE = "11354"  # the roll label that one code is printed on when nothing else is asked for


def sheet_of(chosen: Format) -> Sheet:
    """Where labels go on this sheet."""
    return Sheet(
        page_width=chosen.page_width, page_height=chosen.page_height, width=chosen.width, height=chosen.height,
        places=list(chosen.places()), cut_lines=chosen.cut_lines,
    )  # fmt: skip


def batch_pdf(printed: Printed, *, settings: Settings, translator: Translator) -> bytes:
    """A batch of labels, with their tickets where these are still known."""
    return labels_pdf(
        printed.codes, tokens=printed.tokens, base_url=settings.base_url, sheet=sheet_of(printed.format),
        network=settings.network_name, translator=translator, made_at=printed.batch.printed_at.replace(microsecond=0),
    )  # fmt: skip


def label_pdf(code: str, *, format: str, settings: Settings, translator: Translator) -> bytes:
    """One label, in the first place of its sheet."""
    return labels_pdf(
        [code], sheet=sheet_of(format_named(format)), network=settings.network_name, translator=translator,
        made_at=now().replace(microsecond=0),
    )  # fmt: skip


def ticket_paper(session: Session, settings: Settings, *, token: str, ends_on: date) -> TicketPaper:
    """What a ticket says: nothing of its sample, nothing of its site."""
    wait = usual_wait(session)
    return TicketPaper(
        token=token, base_url=settings.base_url, network=settings.network_name, ends_on=ends_on,
        half=wait.within if wait else None, made_at=now().replace(microsecond=0),
    )  # fmt: skip


def parcel_paper(session: Session, settings: Settings, *, parcel: Parcel) -> ParcelPaper:
    """What stands on a parcel."""
    items = session.exec(select(ParcelItem).where(col(ParcelItem.parcel_id) == parcel.id)).all()
    return ParcelPaper(
        seal_number=parcel.seal_number, from_site=session.get_one(Site, parcel.from_site_id).name,
        to_site=session.get_one(Site, parcel.to_site_id).name, items=len(items), legal_basis=parcel.legal_basis,
        network=settings.network_name, made_at=now().replace(microsecond=0),
    )  # fmt: skip
