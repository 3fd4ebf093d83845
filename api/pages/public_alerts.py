"""Alerts for everybody: what holds now, one alert as its subscribers see it, subscribing and leaving."""

from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from alerts.errors import AlertNotFoundError
from alerts.feeds import feed_items
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import Subscription, SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertVersion
from api.auth.identity import identify
from api.deps import FilesDep, SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.alert_views import live, photo_of, poster_of, sheet_of, view_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.pages.wishes import one_end_missing, wish_context, wish_values
from api.routing import GuardedRouter, public
from api.services import alert_services, push_key, token_key
from api.settings import Settings
from lab.network.access import Permission

router = GuardedRouter(html=True)
AS_ITS_PAGE = public("what T3 says is public; lower tiers are checked inside")
ASK_LIMIT = "6/minute"


def public_list(request: Request, session: Session, settings: Settings) -> Response:
    """The public alerts that hold now."""
    items = feed_items(
        session, audience=Audience.PUBLIC, language=language_of(request), services=alert_services(settings)
    )
    return show(request, "pages/alerts_public.html", items=items, withdrawals=WITHDRAWALS)


@router.get("/alerts/{alert_id}", access=AS_ITS_PAGE)
def alert_page(alert_id: UUID, request: Request, session: SessionDep) -> Response:
    """One alert as a subscriber reads it: on a screen, or printed as a dated poster."""
    alert, version, may_work = _readable(request, session, alert_id)
    view = view_of(request, session, alert, version, papers=f"/alerts/{alert.id}")
    return show(request, "pages/alert_public.html", **view, may_work=may_work)


def _readable(request: Request, session: Session, alert_id: UUID) -> tuple[Alert, AlertVersion, bool]:
    """The alert as the world has it, if this reader may read it: a T3 is everybody's."""
    identity = identify(request)
    may_work = identity is not None and identity.actor.may(Permission.ALERT_READ)
    alert, version = live(session, alert_id)
    if not (alert.tier is Tier.T3 or may_work):
        raise AlertNotFoundError
    return alert, version, may_work


@router.get("/alerts/{alert_id}/photo.jpg", access=AS_ITS_PAGE)
def photo(alert_id: UUID, request: Request, session: SessionDep, files: FilesDep) -> Response:
    """What one of the samples looked like, as long as it may be shown."""
    _, version, _ = _readable(request, session, alert_id)
    return photo_of(session, files, version)


@router.get("/alerts/{alert_id}/poster.pdf", access=AS_ITS_PAGE)
def poster(alert_id: UUID, request: Request, session: SessionDep, settings: SettingsDep, files: FilesDep) -> Response:
    """The alert as an A4 sheet in the language of the reader, with the day to take it down."""
    alert, version, _ = _readable(request, session, alert_id)
    return poster_of(request, session, files, settings, alert, version)


@router.get("/alerts/{alert_id}/sheet.pdf", access=AS_ITS_PAGE)
def sheet(alert_id: UUID, request: Request, session: SessionDep, settings: SettingsDep, files: FilesDep) -> Response:
    """The alert as a sheet of two sides, for those who work with it."""
    alert, version, _ = _readable(request, session, alert_id)
    return sheet_of(request, session, files, settings, alert, version)


# Subscribing


def _subscribe_page(request: Request, session: Session, settings: Settings, form: Form, status: int = 200) -> Response:
    return show(
        request, "pages/subscribe.html", form=form, status=status, push_public_key=push_key(settings).public,
        **wish_context(session, Audience.PUBLIC),
    )  # fmt: skip


@router.get("/subscribe", access=public("anybody may ask for public alerts"))
def subscribe_page(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """The form: where to, in which language, and if they wish, what to leave out. No name."""
    form = Form({"language": [language_of(request)], "timezone": ["Europe/Brussels"]})
    return _subscribe_page(request, session, settings, form)


@router.post("/subscribe", access=public("anybody may ask for public alerts", limit=ASK_LIMIT))
def subscribe(request: Request, session: SessionDep, settings: SettingsDep, form: FormDep) -> Response:
    """Take the wish; the answer is the same whether the address was known or not."""
    lacking = one_end_missing(form, translator_of(request))
    if lacking:
        return _subscribe_page(request, session, settings, form.refused(lacking), 422)
    done = attempt(session, translator_of(request), lambda: _subscribe(session, settings, form))
    if isinstance(done, Refusal):
        return _subscribe_page(request, session, settings, form.refused(done.errors), 422)
    by_push = form.get("channel") == ChannelKind.PUSH
    return show(
        request, "pages/said.html", title="subscribe.asked_push" if by_push else "subscribe.asked",
        text="subscribe.asked_push_text" if by_push else "subscribe.asked_text",
    )  # fmt: skip


def _subscribe(session: Session, settings: Settings, form: Form) -> Subscription:
    if form.get("channel") == ChannelKind.PUSH:
        keys = {name: form.get(name) for name in ("p256dh", "auth")}
        endpoint = EndpointIn.model_validate({"channel": ChannelKind.PUSH, "address": form.get("endpoint")} | keys)
    else:
        endpoint = EndpointIn.model_validate({"channel": ChannelKind.EMAIL, "address": form.get("address")})
    wish = {"language": "fr"} | wish_values(form)
    data = SubscriptionIn.model_validate(wish | {"endpoints": [endpoint]})
    return subscriptions.subscribe(
        session, tokens=token_key(settings), data=data, channels=alert_services(settings).channels
    )


@router.get("/subscriptions/confirm/{token}", access=public("the second opt-in; the token is the key"))
def confirm_page(token: str, request: Request) -> Response:
    """A button: mail programs open links by themselves, and must not say yes for anybody."""
    return show(request, "pages/ask.html", title="subscribe.confirm", text="subscribe.confirm_text",
                action=f"/subscriptions/confirm/{token}", button="subscribe.confirm_button",
                kind="primary")  # fmt: skip


@router.post("/subscriptions/confirm/{token}", access=public("as above", limit=ASK_LIMIT))
def confirm(token: str, request: Request, session: SessionDep) -> Response:
    """Yes."""
    return _answered(request, subscriptions.confirm(session, token=token), "subscribe.confirmed")


@router.get("/subscriptions/unsubscribe/{token}", access=public("leaving needs no account; the token is the key"))
def unsubscribe_page(token: str, request: Request) -> Response:
    """A button, for the same reason."""
    return show(request, "pages/ask.html", title="subscribe.leave", text="subscribe.leave_text",
                action=f"/subscriptions/unsubscribe/{token}", button="subscribe.leave_button", kind="")  # fmt: skip


@router.post("/subscriptions/unsubscribe/{token}", access=public("as above; one click (RFC 8058)"))
def unsubscribe(token: str, request: Request, session: SessionDep) -> Response:
    """Leave, at once and for good."""
    return _answered(request, subscriptions.unsubscribe(session, token=token), "subscribe.left")


def _answered(request: Request, _endpoint: SubscriptionEndpoint, title: str) -> Response:
    return show(request, "pages/said.html", title=title, text=f"{title}_text")
