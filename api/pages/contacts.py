"""Contacts after registration: added or erased at the counter, erased by the person with their ticket."""

from fastapi import Request
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.contact_forms import contact_card, keep_contact, taken_out
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs, public
from api.services import contact_keys
from lab.contacts import service as contacts
from lab.contacts.errors import ContactMissingError
from lab.network.access import Permission
from lab.samples import service as samples
from lab.samples.tickets import sample_behind

router = GuardedRouter(html=True)
ERASE_LIMIT = "20/minute"


@router.post("/samples/{code}/contact", access=needs(Permission.SAMPLE_REGISTER))
def keep(
    code: str, request: Request, session: SessionDep, identity: IdentityDep, settings: SettingsDep, form: FormDep
) -> Response:
    """Keep an address or a number, with the person's agreement."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code, permission=Permission.SAMPLE_REGISTER)

    def store() -> None:
        given = taken_out(form.cleaned())
        if not given:
            raise ContactMissingError
        keep_contact(request, session, actor=identity.actor, sample=sample, data=given)

    done = attempt(session, translator_of(request), store)
    if isinstance(done, Refusal):
        card = contact_card(session, actor=identity.actor, settings=settings, sample=sample)
        refused = form.refused(done.errors)
        return show(
            request, "pages/contact.html", session=session, status=422, sample=sample, form=refused, contact=card
        )
    return go(f"/samples/{sample.code}", done="contact_kept")


@router.post("/samples/{code}/contact/erase", access=needs(Permission.SAMPLE_REGISTER))
def erase(code: str, session: SessionDep, identity: IdentityDep, settings: SettingsDep) -> Response:
    """Erase what is kept, for good."""
    sample = samples.get_by_code(session, actor=identity.actor, code=code, permission=Permission.SAMPLE_REGISTER)
    contacts.erase_by_worker(session, actor=identity.actor, keys=contact_keys(settings), sample=sample)
    return go(f"/samples/{sample.code}", done="contact_erased")


@router.get("/lookup/contact", access=public("for people with a ticket"))
def erase_page(request: Request) -> Response:
    """The box for the ticket, where it is not at hand on the page before."""
    return show(request, "pages/lookup_contact.html", form=Form(), erased=False)


@router.post("/lookup/contact", access=public("the ticket is the key, sent in the body alone", limit=ERASE_LIMIT))
def erase_by_ticket(request: Request, session: SessionDep, settings: SettingsDep, form: FormDep) -> Response:
    """Erase what is kept for the sample of a ticket. The answer is the same whether there was anything."""
    sample = attempt(session, translator_of(request), lambda: sample_behind(session, token=form.get("ticket")))
    if isinstance(sample, Refusal):
        errors = {"ticket": next(iter(sample.errors.values()))}
        return show(request, "pages/lookup_contact.html", form=form.refused(errors), erased=False, status=422)
    if sample is not None:
        contacts.erase_contacts(session, keys=contact_keys(settings), sample_id=sample.id)
    return show(request, "pages/lookup_contact.html", form=Form(), erased=True)
