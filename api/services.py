"""What tasks may use beyond database and files, found by its type."""

import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from alerts.channels.base import Channel
from alerts.channels.email import EmailChannel, FolderTransport, MailTransport, SmtpTransport, Tls
from alerts.channels.webhook import WebhookChannel
from alerts.services import AlertServices
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import ChannelKind
from api.rendering import Renderer
from api.settings import Settings
from api.state import AppState
from lab.kit.secret_file import load_or_create
from lab.plates.sandbox import Limits

_TLS = {"starttls": Tls.STARTTLS, "tls": Tls.IMPLICIT, "none": Tls.NONE}


def services_of(state: AppState) -> Mapping[type, object]:
    """The services of this deployment."""
    return {AlertServices: alert_services(state.settings), Limits: _limits(state.settings)}


def alert_services(settings: Settings) -> AlertServices:
    """How alerts are worded, sent and signed here."""
    return AlertServices(
        renderer=Renderer(),
        channels=_channels(settings),
        tokens=token_key(settings),
        base_url=settings.base_url.rstrip("/"),
        sender=urlsplit(settings.base_url).hostname or "localhost",
        exercise=settings.exercise,
    )


def token_key(settings: Settings) -> TokenKey:
    """The key that tokens in links are derived from; made on first use beside the signing key."""
    return TokenKey(bytes.fromhex(load_or_create(settings.effective_token_key, lambda: secrets.token_hex(32))))


def _channels(settings: Settings) -> Mapping[ChannelKind, Channel]:
    channels: dict[ChannelKind, Channel] = {ChannelKind.WEBHOOK: WebhookChannel()}
    transport = _mail_transport(settings)
    if transport is not None:
        channels[ChannelKind.EMAIL] = EmailChannel(transport, settings.mail_from, settings.network_name)
    return channels


def _mail_transport(settings: Settings) -> MailTransport | None:
    if settings.mail_folder is not None:
        return FolderTransport(settings.mail_folder)
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password
    return SmtpTransport(
        settings.smtp_host,
        settings.smtp_port,
        _TLS[settings.smtp_security],
        settings.smtp_user,
        password.get_secret_value() if password else None,
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        memory_mb=settings.analysis_memory_mb,
        cpu_s=int(settings.analysis_seconds),
        wall_s=settings.analysis_seconds * 1.5,
    )
