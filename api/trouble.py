"""Whether what must go out can: asked by the home page, by ``drugcheck health``, and when a server starts."""

from collections.abc import Sequence

from sqlmodel import Session

from alerts.deliveries.trouble import Trouble, find_trouble
from api.services import alert_services
from api.settings import Settings
from lab.contacts.keys import ContactKeys
from lab.kit.secret_file import OTHERS


def trouble_of(session: Session, *, settings: Settings) -> Sequence[Trouble]:
    """What an operator must mend in this deployment."""
    services = alert_services(settings)
    found = list(find_trouble(session, channels=services.channels.keys()))
    if keys_are_open(services.contact_keys):
        found.append(Trouble(None, configured=True))
    return found


def keys_are_open(keys: ContactKeys) -> bool:
    """Whether others than their owner may read the keys of contacts: then nobody is written to."""
    return any(path.stat().st_mode & OTHERS for day in keys.days()[-1:] for path in day.glob("*.key"))


def sentences(trouble: Sequence[Trouble]) -> list[str]:
    """As a command says it."""
    return [_sentence(one) for one in trouble]


def _sentence(one: Trouble) -> str:
    if one.channel is None:
        return "The keys of contacts can be read by others: run chmod -R go= on DRUGCHECK_CONTACT_KEYS."
    why = "has not sent for a while" if one.configured else "is not set up"
    waits = f"; {one.waiting} waiting since {one.oldest:%Y-%m-%d %H:%M} UTC" if one.oldest else ""
    setting = {"email": " (DRUGCHECK_SMTP_HOST)", "sms": " (DRUGCHECK_SMS_URL)"}.get(one.channel.value, "")
    return f"{one.channel.value}{setting} {why}{waits}. Call-backs then show on the site's pages only."
