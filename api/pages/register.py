"""The legal register of a place: on the page, as a table, on paper."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.books import book_paper
from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, Refusal, attempt
from api.pages.layout import as_uuid, show, work_site
from api.routing import GuardedRouter, needs
from lab.errors import InvalidError
from lab.kit.clock import today
from lab.network import sites
from lab.network.access import Permission
from lab.register.book import Book, keep_book
from lab.register.errors import PeriodInvalidError
from templates.register_book import book_csv, book_pdf

router = GuardedRouter(prefix="/custody/register", html=True)
AUDIT = needs(Permission.CUSTODY_AUDIT)
_SHOWN = 200  # lines on the page; the table and the paper have them all


class DayInvalidError(InvalidError):
    """Something that is no day was typed where one belongs."""

    message_id = "register.no_day"


@dataclass(frozen=True)
class Asked:
    """Which place and which days."""

    site_id: UUID
    since: date
    until: date


def _form(request: Request, session: Session, identity: IdentityDep) -> Form:
    """What is asked for; without a word the place where one is, from the first of the month to today."""
    here = work_site(request, session, identity, Permission.CUSTODY_AUDIT)
    usual = {"site": str(here.id) if here else "", "since": today().replace(day=1).isoformat(),
             "until": today().isoformat()}  # fmt: skip
    return Form({name: [request.query_params.get(name) or value] for name, value in usual.items()})


def _asked(form: Form) -> Asked:
    site_id = as_uuid(form.get("site"))
    if site_id is None:
        raise PeriodInvalidError(field="site")
    return Asked(site_id, _day(form, "since"), _day(form, "until"))


def _day(form: Form, name: str) -> date:
    try:
        return date.fromisoformat(form.get(name))
    except ValueError as error:
        raise DayInvalidError(field=name) from error


def _book(session: Session, identity: IdentityDep, form: Form) -> Book:
    asked = _asked(form)
    return keep_book(session, actor=identity.actor, site_id=asked.site_id, since=asked.since, until=asked.until)


@router.get("", access=AUDIT)
def register_page(request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """The register of a place over some days."""
    form = _form(request, session, identity)
    translator = translator_of(request)
    book = attempt(session, translator, lambda: _book(session, identity, form))
    refused = isinstance(book, Refusal)
    paper = (
        None if isinstance(book, Refusal) else book_paper(book, network=settings.network_name, translator=translator)
    )
    places = sites.sites_for(session, actor=identity.actor, permission=Permission.CUSTODY_AUDIT)
    return show(
        request, "pages/register.html", session=session, status=422 if refused else 200, paper=paper,
        form=form.refused(book.errors) if isinstance(book, Refusal) else form,
        places=[(str(site.id), site.name) for site in places], most=_SHOWN,
    )  # fmt: skip


def _file(request: Request, session: Session, identity: IdentityDep, settings: SettingsDep, kind: str) -> Response:
    book = _book(session, identity, _form(request, session, identity))
    paper = book_paper(book, network=settings.network_name, translator=translator_of(request))
    body, media = (
        (book_pdf(paper), "application/pdf") if kind == "pdf" else (book_csv(paper), "text/csv; charset=utf-8")
    )
    name = f"register-{book.since}-{book.until}.{kind}"
    return Response(body, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.get(".csv", access=AUDIT)
def register_csv(request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """The whole register as a table."""
    return _file(request, session, identity, settings, "csv")


@router.get(".pdf", access=AUDIT)
def register_pdf(request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """The whole register on paper."""
    return _file(request, session, identity, settings, "pdf")
