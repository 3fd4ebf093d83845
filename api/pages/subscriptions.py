"""The page that a mailed link opens: what one receives, and when. No account."""

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import EndpointState, Subscription
from alerts.subscriptions.schemas import WishIn
from api.deps import SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.pages.wishes import known_areas, one_end_missing, typed, wish_context, wish_values
from api.routing import GuardedRouter, public
from api.services import token_key
from api.settings import Settings

router = GuardedRouter(html=True)
LIMIT = "20/minute"
BY_LINK = public("the mailed link is the key")
BY_LINK_POST = public("the mailed link is the key", limit=LIMIT)


@router.get("/subscriptions/manage/{token}", access=BY_LINK)
def manage_page(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """What is received now, in a form."""
    subscription = subscriptions.managed(session, tokens=token_key(settings), token=token)
    return _manage(request, session, subscription, token, Form(typed(subscription, known_areas(session))))


def _manage(
    request: Request, session: Session, subscription: Subscription, token: str, form: Form, *, status: int = 200,
    saved: bool = False,
) -> Response:  # fmt: skip
    endpoints = subscriptions.endpoints_of(session, subscription_id=subscription.id)
    return show(
        request, "pages/subscription.html", status=status, form=form, token=token, saved=saved,
        **wish_context(session, subscription.audience),
        endpoints=[one for one in endpoints if one.state in {EndpointState.ACTIVE, EndpointState.UNCONFIRMED}],
    )  # fmt: skip


@router.post("/subscriptions/manage/{token}", access=BY_LINK_POST)
def change(token: str, request: Request, session: SessionDep, settings: SettingsDep, form: FormDep) -> Response:
    """Ask for something else from now on."""
    subscription = subscriptions.managed(session, tokens=token_key(settings), token=token)
    lacking = one_end_missing(form, translator_of(request))
    if lacking:
        return _manage(request, session, subscription, token, form.refused(lacking), status=422)
    done = attempt(session, translator_of(request), lambda: _change(session, settings, token, form))
    if isinstance(done, Refusal):
        return _manage(request, session, subscription, token, form.refused(done.errors), status=422)
    return _manage(request, session, done, token, Form(typed(done, known_areas(session))), saved=True)


def _change(session: Session, settings: Settings, token: str, form: Form) -> Subscription:
    data = WishIn.model_validate(wish_values(form))
    return subscriptions.change_wish(session, tokens=token_key(settings), token=token, data=data)


@router.post("/subscriptions/manage/{token}/leave", access=BY_LINK_POST)
def leave(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Stop everything, at once and for good."""
    subscriptions.leave_all(session, tokens=token_key(settings), token=token)
    return show(request, "pages/said.html", title="subscribe.left", text="subscribe.left_text")
