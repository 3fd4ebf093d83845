"""Words that every room of ``alerts`` shares."""

from enum import StrEnum

LANGUAGES = ("fr", "nl", "en")
"""The languages in which every alert is written (DESIGN.md)."""


class Tier(StrEnum):
    """How far a warning goes (DESIGN.md, Words and codes)."""

    T0 = "T0"  # call the person back now: a task, never an alert
    T1 = "T1"  # notice to the network, once per episode
    T2 = "T2"  # professional alert
    T3 = "T3"  # public alert


class Audience(StrEnum):
    """Who a subscriber is; bounds what they may get."""

    NETWORK = "network"
    PROFESSIONALS = "professionals"
    PUBLIC = "public"


AUDIENCE_TIERS: dict[Audience, frozenset[Tier]] = {
    Audience.NETWORK: frozenset({Tier.T1, Tier.T2, Tier.T3}),
    Audience.PROFESSIONALS: frozenset({Tier.T2, Tier.T3}),
    Audience.PUBLIC: frozenset({Tier.T3}),
}


class ChannelKind(StrEnum):
    """By which road a message travels; each has its file in ``alerts/channels``."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    SMS = "sms"
    PUSH = "push"  # Web Push, to somebody's own browser
    CHAT = "chat"  # a room that the operator configured
