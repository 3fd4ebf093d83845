"""What a subscriber wants, as a form: the same fields for whoever subscribes, changes it, or opens it for others."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from alerts.subscriptions.models import Subscription
from alerts.subscriptions.schemas import WishIn
from alerts.vocabulary import AUDIENCE_TIERS, Audience
from api.pages.forms import Form
from lab.network import sites
from templates.i18n import Translator


def wish_context(session: Session, audience: Audience) -> dict[str, Any]:
    """What ``parts/wish.html`` offers to choose from."""
    return {"tiers": sorted(AUDIENCE_TIERS[audience]), "known_areas": known_areas(session)}


def known_areas(session: Session) -> list[str]:
    """The areas that samples come from unless somebody says otherwise: those of the sites."""
    return sorted({site.area for site in sites.list_sites(session)}, key=str.casefold)


def typed(subscription: Subscription, known: list[str]) -> Mapping[str, list[str]]:
    """A subscription as the form would have been filled in."""
    first, last = subscription.quiet_from, subscription.quiet_until
    return {
        "language": [subscription.language],
        "tiers": list(subscription.tiers),
        "areas": [area for area in subscription.areas if area in known],
        "other_areas": [", ".join(area for area in subscription.areas if area not in known)],
        "substances": [", ".join(subscription.substances)],
        "quiet_from": [first.strftime("%H:%M") if first else ""],
        "quiet_until": [last.strftime("%H:%M") if last else ""],
        "timezone": [subscription.timezone],
    }


def one_end_missing(form: Form, translator: Translator) -> Mapping[str, str]:
    """What to say where only one end of the quiet hours was given."""
    first, last = bool(form.get("quiet_from").strip()), bool(form.get("quiet_until").strip())
    if first == last:
        return {}
    return {"quiet_until" if first else "quiet_from": translator.text("channel.manage.both_ends")}


def wish_values(form: Form) -> dict[str, Any]:
    """The values of a :class:`WishIn` that were filled in."""
    values = form.cleaned(lists=("tiers", "areas"))
    values["areas"] = [*values.get("areas", []), *_listed(form.get("other_areas"))]
    values["substances"] = _listed(form.get("substances"))
    return {name: values[name] for name in WishIn.model_fields if name in values}


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
