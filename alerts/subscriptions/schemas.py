"""What goes into a subscription."""

from datetime import time
from typing import Annotated, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from alerts.vocabulary import Audience, ChannelKind, Tier


class EndpointIn(BaseModel):
    """Where to: an e-mail address, an https URL, a number with its country code, the name of a chat room.

    ``p256dh`` and ``auth`` are a browser's, as ``PushSubscription.toJSON()`` gives them, with its address.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    channel: ChannelKind
    address: str = Field(min_length=1, max_length=1000)
    p256dh: str = Field(default="", max_length=100)
    auth: str = Field(default="", max_length=40)


class WishIn(BaseModel):
    """What somebody wants to receive, and when. No areas: everywhere. No substances: all. No tiers: all that the
    audience may have. Hours without messages are given by both ends, on the clock of ``timezone``.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    language: str = Field(pattern="^(fr|nl|en)$")
    tiers: list[Tier] = Field(default_factory=list, max_length=3)
    areas: list[Annotated[str, Field(max_length=100)]] = Field(default_factory=list, max_length=30)
    substances: list[Annotated[str, Field(max_length=200)]] = Field(default_factory=list, max_length=50)
    quiet_from: time | None = None
    quiet_until: time | None = None
    timezone: str = Field(default="Europe/Brussels", max_length=64)

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            message = "no such time zone"
            raise ValueError(message)
        return name

    @field_validator("quiet_from", "quiet_until")
    @classmethod
    def _clock_time(cls, value: time | None) -> time | None:
        return value.replace(tzinfo=None, microsecond=0) if value else value

    @model_validator(mode="after")
    def _both_ends(self) -> Self:
        if (self.quiet_from is None) != (self.quiet_until is None):
            message = "quiet hours need both ends"
            raise ValueError(message)
        return self


class SubscriptionIn(WishIn):
    """A wish, whose it is, and where it goes."""

    audience: Audience = Audience.PUBLIC
    label: str | None = Field(default=None, max_length=100)
    endpoints: list[EndpointIn] = Field(min_length=1, max_length=len(ChannelKind))
