"""From facts to the words of a draft: message ids and parameters first, texts in three languages when rendered."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from alerts.channels.gsm import plain
from alerts.facts import GROUP_PREFIX, Facts
from alerts.rules.checking import WORD_PLACES
from alerts.rules.evaluation import Firing
from alerts.rules.model import Rule
from alerts.services import AlertServices, DraftRenderer
from alerts.vocabulary import LANGUAGES
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertVersion, VersionKind
from alerts.warnings.schemas import SMS_LENGTH, AlertText, TextParts
from lab.kit.messages import Message, Param

SPOKEN_NAMES = frozenset({
    "heroin", "cocaine", "ketamine", "amphetamine", "methamphetamine", "caffeine", "morphine", "codeine", "methadone",
    "delta-9-THC", "cannabidiol", "levamisole", "phenacetin", "isotonitazene", "metonitazene", "protonitazene",
    "etonitazene",
})  # fmt: skip
"""Substances that each language has its own everyday word for; the others keep the vocabulary's name."""

EMAIL_TEMPLATE = "alerts/email.{tier}.txt.jinja"


def draft_params(facts: Facts, *, rule: Rule, firing: Firing) -> dict[str, Any]:
    """What a draft is rendered from: JSON, and nothing that leads to a person."""
    return {
        "stem": rule.message,
        "words": {language: asdict(words) for language, words in rule.words.items()},
        "sold_as": facts.sold_as.name if facts.sold_as else None,
        "found": list(firing.substances) or list(facts.actives),
        "techniques": sorted(_seen_by(facts, firing)),
        "confirmed": firing.confirmed,
        "samples": 1,
        "areas": [facts.area] if facts.area else [],
        "first_on": facts.observed_on.isoformat(),
        "last_on": facts.observed_on.isoformat(),
    }


def joined_params(params: Mapping[str, Any], facts: Facts, firing: Firing) -> dict[str, Any]:
    """``params`` with one more result in them; the caller counts the samples."""
    day = facts.observed_on.isoformat()
    return dict(params) | {
        "areas": sorted({*params["areas"], *([facts.area] if facts.area else [])}),
        "techniques": sorted({*params["techniques"], *_seen_by(facts, firing)}),
        "confirmed": params["confirmed"] or firing.confirmed,
        "first_on": min(params["first_on"], day),
        "last_on": max(params["last_on"], day),
    }


def _seen_by(facts: Facts, firing: Firing) -> set[str]:
    """The techniques that saw what the alert names: one that saw something else proves nothing about it."""
    named = set(firing.substances)
    return {item.technique.value for item in facts.found if not named or item.substance.name in named}


@dataclass(frozen=True)
class Voice:
    """A renderer in one language."""

    renderer: DraftRenderer
    language: str

    def say(self, message_id: str, **params: Param) -> str:
        return self.renderer.text(Message(message_id, params), language=self.language)

    def day(self, iso: str) -> str:
        return self.renderer.date(date.fromisoformat(iso), language=self.language)

    def name(self, name: str) -> str:
        """A substance in this language; a whole class says that it is one."""
        if name.startswith(GROUP_PREFIX):
            return self.say("alert.group_name", name=name.removeprefix(GROUP_PREFIX))
        return self.say(f"alert.substance.{name}") if name in SPOKEN_NAMES else name

    def names(self, names: Iterable[str]) -> str:
        return ", ".join(self.name(name) for name in names)

    def techniques(self, values: Iterable[str]) -> str:
        return ", ".join(self.say(f"alert.technique.{value}") for value in values)


def machine_parts(voice: Voice, params: Mapping[str, Any], kind: VersionKind, *, network: str = "") -> TextParts:
    """The machine's words for one language, for a person to judge. ``network``: who found it, by name."""
    spoken = _spoken(voice, params) | {
        "by": voice.say("alert.by", network=network) if network else voice.say("alert.by_us")
    }
    rule_words = _rule_words(voice, params, spoken)
    headline = rule_words["headline"]
    if kind in WITHDRAWALS:
        return _withdrawal(voice, kind, headline, spoken)
    evidence = "alert.evidence.confirmed" if params["confirmed"] else "alert.evidence.unconfirmed"
    return TextParts(
        headline=headline[:200],
        what=voice.say("alert.what", **spoken),
        evidence=voice.say(evidence if params["techniques"] else "alert.evidence.none", **spoken),
        risk=rule_words["risk"],
        variation=voice.say("alert.variation"),
        advice=rule_words["advice"].splitlines(),
        sms=_sms(headline),
    )


def _rule_words(voice: Voice, params: Mapping[str, Any], spoken: Mapping[str, Param]) -> dict[str, str]:
    """Headline, risk and advice: the network's own where its rule has them, else those shipped."""
    own = (params.get("words") or {}).get(voice.language)
    if own is None:
        stem = params["stem"]
        named = {"headline": spoken, "risk": spoken, "advice": {}}
        words = {part: voice.say(f"{stem}.{part}", **given) for part, given in named.items()}
        return words | {"headline": _once(words["headline"], str(spoken["found"]))}
    parts = {"headline": own["headline"], "risk": own["risk"], "advice": "\n".join(own["advice"])}
    return {part: _filled(text, spoken) for part, text in parts.items()}


def _once(headline: str, found: str) -> str:
    """Without the list of what was found at its end, when that only repeats the one word it begins with."""
    start, mark, end = headline.rpartition(": ")
    if not mark or end.casefold() != found.casefold() or not start.casefold().startswith(found.casefold()):
        return headline
    return start.rstrip(" \u00a0")


def _filled(text: str, spoken: Mapping[str, Param]) -> str:
    for place in WORD_PLACES:
        text = text.replace(f"{{{place}}}", str(spoken[place]))
    return text


def _withdrawal(voice: Voice, kind: VersionKind, headline: str, spoken: Mapping[str, Param]) -> TextParts:
    said = voice.say("alert.withdrawn.headline", headline=headline)
    return TextParts(
        headline=said[:200],
        what=voice.say(f"alert.{kind.value}.what", **spoken),
        evidence=voice.say("alert.withdrawn.evidence"),
        risk=voice.say("alert.withdrawn.risk"),
        variation=voice.say("alert.variation"),
        advice=voice.say("alert.withdrawn.advice").splitlines(),
        sms=_sms(said),
    )


def _spoken(voice: Voice, params: Mapping[str, Any]) -> dict[str, Param]:
    sold_as, areas = params["sold_as"], params["areas"]
    first, last = params["first_on"], params["last_on"]
    return {
        "n": params["samples"],
        "product": voice.say("alert.product", sold_as=voice.name(sold_as))
        if sold_as
        else voice.say("alert.product_unknown"),
        "found": voice.names(params["found"]) or voice.say("alert.nothing_named"),
        "techniques": voice.techniques(params["techniques"]),
        "areas": ", ".join(areas) or voice.say("alert.area_unknown"),
        "period": voice.day(first)
        if first == last
        else voice.say("alert.period", first=voice.day(first), last=voice.day(last)),
    }


def _sms(text: str) -> str:
    """At most one message's length, in signs that do not make two of it."""
    text = plain(text)
    return text if len(text) <= SMS_LENGTH else text[: SMS_LENGTH - 3] + "..."


def finish(
    voice: Voice, parts: TextParts, *, alert: Alert, version: AlertVersion, services: AlertServices
) -> AlertText:
    """The parts with the documents made of them, as every channel will send them."""
    marks = [voice.say("alert.mark.exercise")] if alert.exercise else []
    if version.kind is VersionKind.UPDATE:
        marks.append(voice.say("alert.mark.update"))
    subject = " ".join([*marks, voice.say("alert.subject", tier=alert.tier.value, headline=parts.headline)])
    body = services.renderer.document(
        EMAIL_TEMPLATE.format(tier=alert.tier.value),
        language=voice.language,
        values={
            "parts": parts,
            "marks": marks,
            "tier": alert.tier.value,
            "number": version.number,
            "withdrawn": version.kind in WITHDRAWALS,
            "valid_until": services.renderer.date(version.expires_at.date(), language=voice.language),
            "url": f"{services.base_url}/alerts/{alert.id}",
        },
    )
    return AlertText(
        **parts.model_dump(), line=_sms(" ".join([*marks, parts.sms])), subject=subject[:250], body=body,
        footer=voice.say("alert.footer", url="{url}"),
    )  # fmt: skip


def render_version(alert: Alert, version: AlertVersion, services: AlertServices) -> dict[str, Any]:
    """The machine's texts in every language, as stored."""
    texts = {}
    for language in LANGUAGES:
        voice = Voice(services.renderer, language)
        parts = machine_parts(voice, version.message_params, version.kind, network=services.network)
        texts[language] = finish(voice, parts, alert=alert, version=version, services=services).model_dump()
    return texts
