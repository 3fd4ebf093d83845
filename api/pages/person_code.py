"""The switch of the person code, for administrators, with what it is and is not."""

from fastapi import Request
from starlette.responses import Response

from api.deps import ActorDep, SessionDep, SettingsDep
from api.pages.forms import FormDep
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from api.services import person_code_keys
from lab.network import switches
from lab.network.access import Permission
from lab.network.models import Account, NetworkSetting
from lab.personcodes import service

router = GuardedRouter(prefix="/network/person-code", html=True)
MANAGE = needs(Permission.NETWORK_MANAGE)


@router.get("", access=MANAGE)
def page(request: Request, session: SessionDep) -> Response:
    """Whether it is on, who turned it, and its limits."""
    setting = session.get(NetworkSetting, switches.PERSON_CODE)
    return show(
        request, "pages/person_code.html", session=session, setting=setting,
        on=switches.is_on(session, name=switches.PERSON_CODE),
        by=session.get(Account, setting.changed_by) if setting else None,
    )  # fmt: skip


@router.post("", access=MANAGE)
def turn(session: SessionDep, actor: ActorDep, settings: SettingsDep, form: FormDep) -> Response:
    """On, or off and erased."""
    on = form.get("on") == "yes"
    service.switch(session, actor=actor, keys=person_code_keys(settings), on=on)
    return go("/network/person-code", done="person_code_on" if on else "person_code_off")
