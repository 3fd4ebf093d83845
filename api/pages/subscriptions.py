"""The pages that a mailed link opens: what one receives and when, and that one has read an alert. No account."""

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.deliveries import acknowledging
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import EndpointState, Subscription
from alerts.subscriptions.schemas import WishIn
from alerts.vocabulary import AUDIENCE_TIERS
from api.deps import SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
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
    return _manage(request, session, subscription, token, Form(_typed(subscription)))


def _typed(subscription: Subscription) -> dict[str, list[str]]:
    return {
        "language": [subscription.language],
        "tiers": list(subscription.tiers),
        "areas": [", ".join(subscription.areas)],
        "substances": [", ".join(subscription.substances)],
        "quiet_from": [subscription.quiet_from.strftime("%H:%M") if subscription.quiet_from else ""],
        "quiet_until": [subscription.quiet_until.strftime("%H:%M") if subscription.quiet_until else ""],
        "timezone": [subscription.timezone],
    }


def _manage(
    request: Request, session: Session, subscription: Subscription, token: str, form: Form, *, status: int = 200,
    saved: bool = False,
) -> Response:  # fmt: skip
    endpoints = subscriptions.endpoints_of(session, subscription_id=subscription.id)
    return show(
        request, "pages/subscription.html", status=status, form=form, token=token, saved=saved,
        tiers=sorted(AUDIENCE_TIERS[subscription.audience]),
        endpoints=[one for one in endpoints if one.state in {EndpointState.ACTIVE, EndpointState.UNCONFIRMED}],
    )  # fmt: skip


@router.post("/subscriptions/manage/{token}", access=BY_LINK_POST)
def change(token: str, request: Request, session: SessionDep, settings: SettingsDep, form: FormDep) -> Response:
    """Ask for something else from now on."""
    subscription = subscriptions.managed(session, tokens=token_key(settings), token=token)
    both = bool(form.get("quiet_from").strip()) == bool(form.get("quiet_until").strip())
    if not both:
        said = translator_of(request).text("channel.manage.both_ends")
        empty = "quiet_until" if form.get("quiet_from").strip() else "quiet_from"
        return _manage(request, session, subscription, token, form.refused({empty: said}), status=422)
    done = attempt(session, translator_of(request), lambda: _change(session, settings, token, form))
    if isinstance(done, Refusal):
        return _manage(request, session, subscription, token, form.refused(done.errors), status=422)
    return _manage(request, session, done, token, Form(_typed(done)), saved=True)


def _change(session: Session, settings: Settings, token: str, form: Form) -> Subscription:
    typed = form.cleaned(lists=("tiers",))
    for name in ("areas", "substances"):
        typed[name] = [word.strip() for word in form.get(name).split(",") if word.strip()]
    data = WishIn.model_validate({name: typed[name] for name in WishIn.model_fields if name in typed})
    return subscriptions.change_wish(session, tokens=token_key(settings), token=token, data=data)


@router.post("/subscriptions/manage/{token}/leave", access=BY_LINK_POST)
def leave(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Stop everything, at once and for good."""
    subscriptions.leave_all(session, tokens=token_key(settings), token=token)
    return show(request, "pages/said.html", title="subscribe.left", text="subscribe.left_text")


@router.get("/alerts/read/{token}", access=BY_LINK)
def read_page(token: str, request: Request) -> Response:
    """A button: mail programs open links by themselves, and have read nothing."""
    return show(request, "pages/ask.html", title="channel.read.title", text="channel.read.text",
                action=f"/alerts/read/{token}", button="channel.read.button", kind="primary")  # fmt: skip


@router.post("/alerts/read/{token}", access=BY_LINK_POST)
def read(token: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Somebody read it."""
    acknowledging.acknowledge(session, tokens=token_key(settings), token=token)
    return show(request, "pages/said.html", title="channel.read.done", text="channel.read.done_text")
