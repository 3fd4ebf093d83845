"""What tasks may use beyond database and files, found by its type."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from alerts.channels.base import Channel
from alerts.channels.chat import ChatChannel
from alerts.channels.email import EmailChannel, FolderTransport, MailTransport, SmtpTransport, Tls
from alerts.channels.push import PushChannel, VapidKey
from alerts.channels.sms import Gateway, SmsChannel
from alerts.channels.webhook import WebhookChannel
from alerts.services import AlertServices
from alerts.subscriptions.tokens import TokenKey
from alerts.vocabulary import ChannelKind
from api.rendering import Renderer
from api.settings import Settings
from api.state import AppState
from lab.contacts.keys import ContactKeys
from lab.contacts.schemas import Retention
from lab.custody.keys import LogKey
from lab.kit.secret_file import load_or_create
from lab.personcodes.keys import PersonCodeKeys
from lab.photos.service import PhotoRetention
from lab.plates.sandbox import Limits

_TLS = {"starttls": Tls.STARTTLS, "tls": Tls.IMPLICIT, "none": Tls.NONE}


def services_of(state: AppState) -> Mapping[type, object]:
    """The services of this deployment."""
    return {
        AlertServices: alert_services(state.settings),
        Limits: _limits(state.settings),
        LogKey: log_key(state.settings),
        PersonCodeKeys: person_code_keys(state.settings),
        PhotoRetention: photo_retention(state.settings),
    }


def alert_services(settings: Settings) -> AlertServices:
    """How alerts are worded, sent and signed here."""
    return AlertServices(
        renderer=Renderer(),
        channels=_channels(settings),
        tokens=token_key(settings),
        base_url=settings.base_url.rstrip("/"),
        sender=urlsplit(settings.base_url).hostname or "localhost",
        network=settings.network_name,
        exercise=settings.exercise,
        contact_keys=contact_keys(settings),
        retention=Retention(
            after=timedelta(days=settings.contact_days_after_report), most=timedelta(days=settings.contact_days_at_most)
        ),
    )


def log_key(settings: Settings) -> LogKey:
    """The key that signs the log of custody."""
    return LogKey(settings.effective_signing_key)


def token_key(settings: Settings) -> TokenKey:
    """The key that tokens in links are derived from; made on first use beside the signing key."""
    return TokenKey(bytes.fromhex(load_or_create(settings.effective_token_key, lambda: secrets.token_hex(32))))


def contact_keys(settings: Settings) -> ContactKeys:
    """What opens the contacts of people who brought a sample."""
    return ContactKeys(settings.effective_contact_keys)


def push_key(settings: Settings) -> VapidKey:
    """The key that push services know this deployment by; made on first use beside the signing key."""
    return VapidKey(load_or_create(settings.effective_push_key, VapidKey.new_pem), f"mailto:{settings.mail_from}")


def person_code_keys(settings: Settings) -> PersonCodeKeys:
    """Where the yearly secrets of person codes lie: outside the database, and in no backup."""
    return PersonCodeKeys(settings.effective_person_code_keys)


def _channels(settings: Settings) -> Mapping[ChannelKind, Channel]:
    channels: dict[ChannelKind, Channel] = {
        ChannelKind.WEBHOOK: WebhookChannel(),
        ChannelKind.PUSH: PushChannel(push_key(settings)),
    }
    if settings.sms_url is not None:
        authorization = settings.sms_authorization
        gateway = Gateway(
            settings.sms_url, settings.sms_body, authorization.get_secret_value() if authorization else None
        )
        channels[ChannelKind.SMS] = SmsChannel(gateway)
    if settings.chat_rooms:
        rooms = {name: url.get_secret_value() for name, url in settings.chat_rooms.items()}
        channels[ChannelKind.CHAT] = ChatChannel(rooms)
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


def photo_retention(settings: Settings) -> PhotoRetention:
    """How long photographs are kept whose keeping nobody agreed to."""
    return PhotoRetention(
        after_report=timedelta(days=settings.photo_days_after_report),
        at_most=timedelta(days=settings.photo_days_at_most),
        seal_after_end=timedelta(days=settings.seal_photo_days),
    )


def _limits(settings: Settings) -> Limits:
    return Limits(
        memory_mb=settings.analysis_memory_mb,
        cpu_s=int(settings.analysis_seconds),
        wall_s=settings.analysis_seconds * 1.5,
    )
