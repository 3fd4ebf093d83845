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
from alerts.warnings import store
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertState
from alerts.warnings.schemas import AlertText
from api.auth.identity import identify
from api.deps import SessionDep, SettingsDep
from api.language import language_of, translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt
from api.pages.layout import show
from api.routing import GuardedRouter, public
from api.services import alert_services, token_key
from api.settings import Settings
from lab.kit.clock import now
from lab.network.access import Permission
from templates.poster import Poster, poster_pdf

router = GuardedRouter(html=True)
ASK_LIMIT = "6/minute"


def public_list(request: Request, session: Session, settings: Settings) -> Response:
    """The public alerts that hold now."""
    items = feed_items(
        session, audience=Audience.PUBLIC, language=language_of(request), services=alert_services(settings)
    )
    return show(request, "pages/alerts_public.html", items=items, withdrawals=WITHDRAWALS)


@router.get("/alerts/{alert_id}", access=public("what T3 says is public; lower tiers are checked inside"))
def alert_page(alert_id: UUID, request: Request, session: SessionDep) -> Response:
    """One alert as a subscriber reads it: on a screen, or printed as a dated poster."""
    identity = identify(request)
    may_work = identity is not None and identity.actor.may(Permission.ALERT_READ)
    alert = session.get(Alert, alert_id)
    version = store.live_version(session, alert_id=alert_id) if alert else None
    if alert is None or version is None or not (alert.tier is Tier.T3 or may_work):
        raise AlertNotFoundError
    versions = [one for one in store.versions_of(session, alert_id=alert_id) if one.issued_at]
    return show(
        request, "pages/alert_public.html", alert=alert, version=version, versions=versions,
        text=AlertText.model_validate(version.texts[language_of(request)]),
        is_withdrawn=version.kind in WITHDRAWALS,
        is_over=version.state is AlertState.EXPIRED or version.expires_at <= now(),
        may_work=may_work, samples=version.message_params.get("samples"),
    )  # fmt: skip


@router.get("/alerts/{alert_id}/poster.pdf", access=public("as the alert's page"))
def poster(alert_id: UUID, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """The alert as an A4 sheet in the language of the reader, with the day to take it down."""
    identity = identify(request)
    may_work = identity is not None and identity.actor.may(Permission.ALERT_READ)
    alert = session.get(Alert, alert_id)
    version = store.live_version(session, alert_id=alert_id) if alert else None
    if alert is None or version is None or not (alert.tier is Tier.T3 or may_work):
        raise AlertNotFoundError
    translator = translator_of(request)
    text = AlertText.model_validate(version.texts[translator.language])
    sheet = Poster(
        headline=text.headline, what=text.what, evidence=text.evidence, risk=text.risk, advice=text.advice,
        variation=text.variation, areas=alert.areas, network=settings.network_name,
        url=f"{settings.base_url.rstrip('/')}/alerts/{alert.id}", issued_on=(version.issued_at or now()).date(),
        take_down_on=version.expires_at.date(), withdrawn=version.kind in WITHDRAWALS, exercise=alert.exercise,
        made_at=now().replace(microsecond=0),
    )  # fmt: skip
    name = f'inline; filename="alert-{alert.id}-{translator.language}.pdf"'
    return Response(poster_pdf(sheet, translator), media_type="application/pdf", headers={"Content-Disposition": name})


# Subscribing


def _subscribe_page(request: Request, form: Form, status: int = 200) -> Response:
    return show(request, "pages/subscribe.html", form=form, status=status)


@router.get("/subscribe", access=public("anybody may ask for public alerts"))
def subscribe_page(request: Request) -> Response:
    """The form: an address and a language, no name."""
    return _subscribe_page(request, Form({"language": [language_of(request)]}))


@router.post("/subscribe", access=public("anybody may ask for public alerts", limit=ASK_LIMIT))
def subscribe(request: Request, session: SessionDep, settings: SettingsDep, form: FormDep) -> Response:
    """Take the wish; the answer is the same whether the address was known or not."""
    done = attempt(session, translator_of(request), lambda: _subscribe(session, settings, form))
    if isinstance(done, Refusal):
        return _subscribe_page(request, form.refused(done.errors), 422)
    return show(request, "pages/said.html", title="subscribe.asked", text="subscribe.asked_text")


def _subscribe(session: Session, settings: Settings, form: Form) -> Subscription:
    areas = [area.strip() for area in form.get("areas").split(",") if area.strip()]
    endpoint = EndpointIn.model_validate({"channel": ChannelKind.EMAIL, "address": form.get("address")})
    data = SubscriptionIn(language=form.get("language") or "fr", areas=areas, endpoints=[endpoint])
    return subscriptions.subscribe(session, tokens=token_key(settings), data=data)


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
