"""What goes into a subscription."""

from pydantic import BaseModel, ConfigDict, Field

from alerts.vocabulary import Audience, ChannelKind, Tier


class EndpointIn(BaseModel):
    """Where to: an e-mail address, or an https URL."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    channel: ChannelKind
    address: str = Field(min_length=3, max_length=500)


class SubscriptionIn(BaseModel):
    """What somebody wants to receive. No areas: everywhere. No tiers: all that the audience may have."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    audience: Audience = Audience.PUBLIC
    language: str = Field(pattern="^(fr|nl|en)$")
    tiers: list[Tier] = Field(default_factory=list, max_length=3)
    areas: list[str] = Field(default_factory=list, max_length=30)
    endpoints: list[EndpointIn] = Field(min_length=1, max_length=2)
