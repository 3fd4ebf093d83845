"""Signing in and out, and what a browser remembers: language, light, site."""

from fastapi import Request
from starlette.responses import Response

from api.auth.identity import cookie_name
from api.deps import SessionDep, SettingsDep
from api.language import COOKIE as LANGUAGE_COOKIE
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import SITE_COOKIE, THEME_COOKIE, THEMES, as_uuid, go, local_path, show
from api.routing import SIGNED_IN, GuardedRouter, public
from api.v1.session import SIGN_IN_LIMIT, set_session_cookie
from lab.network import signin
from templates.i18n import LANGUAGES

router = GuardedRouter(html=True)
_YEAR_S = 365 * 24 * 3600


def _page(request: Request, form: Form, status: int = 200) -> Response:
    return show(request, "pages/sign_in.html", form=form, status=status)


@router.get("/sign-in", access=public("this is how one signs in"))
def sign_in_page(request: Request, next: str = "/") -> Response:
    """The form."""
    return _page(request, Form({"next": [local_path(next)]}))


@router.post("/sign-in", access=public("this is how one signs in", limit=SIGN_IN_LIMIT))
def sign_in(request: Request, form: FormDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Sign in and go where one was going."""
    email, password = form.get("email"), form.get("password")
    account = attempt(
        session, translator_of(request), lambda: signin.authenticate(session, email=email, password=password)
    )
    if isinstance(account, Refusal):
        return _page(request, form.refused(account.errors), 403)
    token = signin.open_session(session, account_id=account.id, lifetime=settings.session_lifetime)
    response = go(local_path(form.get("next") or "/"))
    set_session_cookie(response, token, settings)
    return response


@router.post("/sign-out", access=SIGNED_IN)
def sign_out(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """End the session; nothing stays behind on a shared phone."""
    name = cookie_name(https=settings.https)
    if token := request.cookies.get(name):
        signin.close_session(session, token=token)
    response = go("/sign-in")
    response.delete_cookie(name, secure=settings.https, httponly=True, samesite="lax")
    # Not "storage": that is where samples wait that no server has yet. badge.js empties it once nothing waits there.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@router.post("/preferences", access=public("a browser's own language, light and site; nothing is stored here"))
def remember(form: FormDep, settings: SettingsDep) -> Response:
    """Remember a choice in this browser and go back."""
    response = go(local_path(form.get("next")))
    chosen = {
        LANGUAGE_COOKIE: form.get("language") if form.get("language") in LANGUAGES else "",
        THEME_COOKIE: form.get("theme") if form.get("theme") in THEMES else "",
        SITE_COOKIE: str(as_uuid(form.get("site")) or ""),
    }
    for name, value in chosen.items():
        if value:
            response.set_cookie(name, value, max_age=_YEAR_S, secure=settings.https, httponly=True, samesite="lax")
    if form.get("theme") == "auto":
        response.delete_cookie(THEME_COOKIE)
    return response
