"""People and their roles: inviting, giving and taking roles, a new password link, closing an account."""

from collections.abc import Callable
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ActorDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import as_uuid, go, show
from api.pages.network import COORDINATE
from api.routing import GuardedRouter, public
from api.v1.session import SIGN_IN_LIMIT
from lab.errors import InvalidError
from lab.kit.clock import today
from lab.network import people, sites, team
from lab.network.access import Actor
from lab.network.errors import SiteNotFoundError
from lab.network.models import Role

router = GuardedRouter(html=True)
_LINK = public("a link that opens one account once, by its 256-bit token", limit=SIGN_IN_LIMIT)


WHOLE_NETWORK = "network"


class RoleMissingError(InvalidError):
    """No role was chosen."""

    message_id = "forms.missing"
    field = "role"


class PasswordsDifferError(InvalidError):
    """Typed differently the second time."""

    message_id = "error.network.passwords_differ"
    field = "again"


@router.get("/network/people", access=COORDINATE)
def people_list(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Everybody, with their roles, and the form to invite one more."""
    return _list_page(request, session, actor, Form({"language": [language_of(request)]}))


def _list_page(request: Request, session: Session, actor: Actor, form: Form, status: int = 200) -> Response:
    places = sites.all_sites(session, actor=actor)
    return show(
        request, "pages/network_people.html", session=session, status=status, form=form,
        rows=people.list_people(session, actor=actor), sites={site.id: site.name for site in places},
        roles=_givable(actor, [site.id for site in places]), places=[site for site in places if site.active],
        whole=any(people.may_give(actor, role=role, site_id=None) for role in Role),
    )  # fmt: skip


def _givable(actor: Actor, places: list[UUID]) -> list[Role]:
    """The roles that ``actor`` may give somewhere."""
    return [role for role in Role if any(people.may_give(actor, role=role, site_id=place) for place in [None, *places])]


def _place(form: Form) -> UUID | None:
    """Where a role is to hold; None, the whole network, only when that was chosen and not for want of a choice."""
    if form.get("site") == WHOLE_NETWORK:
        return None
    site_id = as_uuid(form.get("site"))
    if site_id is None:
        raise SiteNotFoundError(field="role-site")
    return site_id


def _role(form: Form) -> Role:
    try:
        return Role(form.get("role"))
    except ValueError:
        raise RoleMissingError from None


@router.post("/network/people/invite", access=COORDINATE)
def invite(request: Request, session: SessionDep, actor: ActorDep, settings: SettingsDep, form: FormDep) -> Response:
    """Open an account, and show the link by which the person chooses a password: this once."""
    done = attempt(
        session, translator_of(request),
        lambda: people.invite(
            session, actor=actor, email=form.get("email"), display_name=form.get("display_name").strip()[:120],
            language=form.get("language") if form.get("language") in {"fr", "nl", "en"} else "fr",
            role=_role(form), site_id=_place(form),
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        return _list_page(request, session, actor, form.refused(done.errors), 422)
    account, token = done
    return show(request, "pages/network_link.html", session=session, account=account,
                link=f"{settings.base_url.rstrip('/')}/join/{token}")  # fmt: skip


@router.get("/network/people/{account_id}", access=COORDINATE)
def person_page(account_id: UUID, request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """One person: roles, trainings, what can be done."""
    return _person_page(request, session, actor, account_id, Form())


def _person_page(
    request: Request, session: Session, actor: Actor, account_id: UUID, form: Form, status: int = 200
) -> Response:
    person = people.visible_account(session, actor=actor, account_id=account_id)
    places = sites.all_sites(session, actor=actor)
    trained = team.list_training(session, actor=actor, on=today())
    return show(
        request, "pages/network_person.html", session=session, status=status, form=form, person=person,
        sites={site.id: site.name for site in places}, places=[site for site in places if site.active],
        roles=_givable(actor, [site.id for site in places]),
        takable={grant.id for grant in person.grants if people.may_give(actor, role=grant.role, site_id=grant.site_id)},
        whole=any(people.may_give(actor, role=role, site_id=None) for role in Role),
        trained=[one for one in trained if one.account.id == account_id], me=actor.account_id == account_id,
    )  # fmt: skip


def _do(
    request: Request, session: Session, actor: Actor, account_id: UUID, form: Form, action: Callable[[], object],
    done: str,
) -> Response:  # fmt: skip
    outcome = attempt(session, translator_of(request), action)
    if isinstance(outcome, Refusal):
        return _person_page(request, session, actor, account_id, form.refused(outcome.errors), 422)
    return go(f"/network/people/{account_id}", done=done)


@router.post("/network/people/{account_id}/roles", access=COORDINATE)
def give_role(account_id: UUID, request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """One more role."""
    return _do(
        request, session, actor, account_id, form,
        lambda: people.give_role(
            session, actor=actor, account_id=account_id, role=_role(form), site_id=_place(form)
        ),
        "role_given",
    )  # fmt: skip


@router.post("/network/people/{account_id}/roles/{grant_id}/take", access=COORDINATE)
def take_role(
    account_id: UUID, grant_id: UUID, request: Request, session: SessionDep, actor: ActorDep, form: FormDep
) -> Response:
    """One role less; where it was the last that showed the person here, back to the list."""
    outcome = attempt(
        session, translator_of(request), lambda: people.take_role(session, actor=actor, grant_id=grant_id)
    )
    if isinstance(outcome, Refusal):
        return _person_page(request, session, actor, account_id, form.refused(outcome.errors), 422)
    visible = {one.account.id for one in people.list_people(session, actor=actor)}
    return go(f"/network/people/{account_id}" if account_id in visible else "/network/people", done="role_taken")


@router.post("/network/people/{account_id}/reset", access=COORDINATE)
def reset(
    account_id: UUID, request: Request, session: SessionDep, actor: ActorDep, settings: SettingsDep, form: FormDep
) -> Response:
    """A new link to choose a password, shown this once."""
    done = attempt(
        session, translator_of(request), lambda: people.reset_link(session, actor=actor, account_id=account_id)
    )
    if isinstance(done, Refusal):
        return _person_page(request, session, actor, account_id, form.refused(done.errors), 422)
    person = people.visible_account(session, actor=actor, account_id=account_id)
    return show(request, "pages/network_link.html", session=session, account=person.account,
                link=f"{settings.base_url.rstrip('/')}/join/{done}")  # fmt: skip


@router.post("/network/people/{account_id}/close", access=COORDINATE)
def close(account_id: UUID, request: Request, session: SessionDep, actor: ActorDep, form: FormDep) -> Response:
    """Close the account."""
    return _do(request, session, actor, account_id, form,
               lambda: people.deactivate(session, actor=actor, account_id=account_id), "account_closed")  # fmt: skip


@router.get("/join/{token}", access=_LINK)
def join_page(token: str, request: Request, session: SessionDep) -> Response:
    """Choose a password."""
    account = people.invited_account(session, token=token)
    return show(request, "pages/join.html", account=account, form=Form(), token=token)


@router.post("/join/{token}", access=_LINK)
def join(token: str, request: Request, session: SessionDep, form: FormDep) -> Response:
    """The password is chosen, the link used up."""
    done = attempt(session, translator_of(request), lambda: _accept(session, token, form))
    if isinstance(done, Refusal):
        account = people.invited_account(session, token=token)
        return show(
            request, "pages/join.html", status=422, account=account, form=form.refused(done.errors), token=token
        )
    return go("/sign-in")


def _accept(session: Session, token: str, form: Form) -> None:
    if form.get("password") != form.get("again"):
        raise PasswordsDifferError
    people.accept(session, token=token, password=form.get("password"))
