"""Alerts as JSON: drafts, words, grade, approval, and what became of what was sent."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from alerts.deliveries.fanout import audience_counts
from alerts.deliveries.models import DeliveryState
from alerts.deliveries.service import tally
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, doubts, drafts, editing, store
from alerts.warnings.models import Alert, AlertState, AlertVersion, ProposalKind, VersionKind
from alerts.warnings.schemas import Grade, TextParts
from api.deps import ActorDep, AlertServicesDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.network.access import Permission

router = GuardedRouter(prefix="/alerts", tags=["alerts"])

Reason = Annotated[str, Field(max_length=1000)]
Edition = Annotated[int, Field(ge=0, lt=2**31)]


class VersionOut(BaseModel):
    """One version of an alert with its words. ``edition`` grows with every change; approvals name the one read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    kind: VersionKind
    state: AlertState
    edition: int
    texts: dict[str, Any]
    grade: dict[str, Any] | None
    override_reason: str | None
    release_reason: str | None
    countersign_by: datetime | None
    reason: str | None
    author_id: UUID | None
    issued_at: datetime | None
    expires_at: datetime


class SentOut(BaseModel):
    """How many deliveries of the newest version are in one state on one channel."""

    model_config = ConfigDict(from_attributes=True)

    channel: ChannelKind
    state: DeliveryState
    count: int


class AudienceOut(BaseModel):
    """How many endpoints an approval would reach today."""

    audience: Audience
    language: str
    channel: ChannelKind
    count: int


class ProposalOut(BaseModel):
    """What the machine proposes since a result behind the alert changed."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: ProposalKind
    opened_at: datetime


class AlertOut(BaseModel):
    """An alert with all its versions, oldest first."""

    id: UUID
    tier: Tier
    episode_id: UUID | None
    rule_ids: list[str]
    areas: list[str]
    exercise: bool
    created_at: datetime
    versions: list[VersionOut]
    sent: list[SentOut]
    reaches: list[AudienceOut]
    proposals: list[ProposalOut]


class EditIn(BaseModel):
    """New words for some languages, or another end; ``edition``: the one that was read."""

    model_config = ConfigDict(extra="forbid")

    edition: Edition
    parts: dict[str, TextParts] = {}
    expires_at: AwareDatetime | None = None


class EditionIn(BaseModel):
    """The edition that was read."""

    model_config = ConfigDict(extra="forbid")

    edition: Edition


class ReleaseIn(EditionIn):
    """An emergency release of a T2 by one person, with the reason in writing."""

    reason: Reason


class ReasonIn(BaseModel):
    """Why, in writing."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


def _out(session: Session, alert: Alert) -> AlertOut:
    newest = store.latest_version(session, alert_id=alert.id)
    return AlertOut(
        **alert.model_dump(include=set(AlertOut.model_fields) - {"versions", "sent", "reaches", "proposals"}),
        versions=[VersionOut.model_validate(one) for one in store.versions_of(session, alert_id=alert.id)],
        sent=[SentOut.model_validate(one) for one in tally(session, version_id=newest.id)],
        reaches=[
            AudienceOut(audience=audience, language=language, channel=channel, count=count)
            for (audience, language, channel), count in audience_counts(session, alert=alert).items()
        ],
        proposals=[ProposalOut.model_validate(one) for one in store.proposals_of(session, alert_id=alert.id)],
    )


def _newest(session: Session, actor: ActorDep, alert_id: UUID) -> AlertVersion:
    store.get_alert(session, actor=actor, alert_id=alert_id)
    return store.latest_version(session, alert_id=alert_id)


def _again(session: Session, actor: ActorDep, alert_id: UUID) -> AlertOut:
    return _out(session, store.get_alert(session, actor=actor, alert_id=alert_id))


@router.get("", access=needs(Permission.ALERT_READ))
def list_alerts(session: SessionDep, actor: ActorDep, tier: Tier | None = None) -> list[AlertOut]:
    """Alerts, newest first."""
    return [_out(session, alert) for alert in store.list_alerts(session, actor=actor, tier=tier)]


@router.get("/{alert_id}", access=needs(Permission.ALERT_READ))
def get_alert(alert_id: UUID, session: SessionDep, actor: ActorDep) -> AlertOut:
    """One alert."""
    return _again(session, actor, alert_id)


@router.put("/{alert_id}", access=needs(Permission.ALERT_EDIT))
def edit(alert_id: UUID, data: EditIn, session: SessionDep, services: AlertServicesDep, actor: ActorDep) -> AlertOut:
    """Change the words of the newest version; whoever does is its author, and approvals of older words are void."""
    version = _newest(session, actor, alert_id)
    editing.edit(
        session,
        actor=actor,
        services=services,
        version_id=version.id,
        edition=data.edition,
        parts=data.parts,
        expires_at=data.expires_at,
    )
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/grade", access=needs(Permission.ALERT_EDIT))
def grade(alert_id: UUID, data: Grade, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Record the panel's four judgements."""
    editing.grade(session, actor=actor, version_id=_newest(session, actor, alert_id).id, judgement=data)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/override", access=needs(Permission.ALERT_EDIT))
def override(alert_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Say in writing why it may go out without a confirmed finding."""
    editing.override(session, actor=actor, version_id=_newest(session, actor, alert_id).id, reason=data.reason)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/approve", access=needs(Permission.ALERT_APPROVE))
def approve(alert_id: UUID, data: EditionIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Approve the edition that was read; the last approval needed issues it, with its whole fan-out."""
    version = _newest(session, actor, alert_id)
    approval.approve(session, actor=actor, version_id=version.id, edition=data.edition)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/release", access=needs(Permission.ALERT_APPROVE))
def release(alert_id: UUID, data: ReleaseIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Send a T2 alone, in an emergency; uncountersigned within its deadline it is cancelled."""
    version = _newest(session, actor, alert_id)
    approval.release(session, actor=actor, version_id=version.id, edition=data.edition, reason=data.reason)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/countersign", access=needs(Permission.ALERT_APPROVE))
def countersign(alert_id: UUID, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Stand behind an emergency release as the second person."""
    approval.countersign(session, actor=actor, version_id=_newest(session, actor, alert_id).id)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/discard", access=needs(Permission.ALERT_EDIT))
def discard(alert_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Throw the draft away and say why; nothing was sent, so nothing is."""
    editing.discard(session, actor=actor, version_id=_newest(session, actor, alert_id).id, reason=data.reason)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/update", access=needs(Permission.ALERT_EDIT), status_code=201)
def update(alert_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Begin the next version; it is approved like any other."""
    drafts.start_version(session, actor=actor, alert_id=alert_id, kind=VersionKind.UPDATE, reason=data.reason)
    return _again(session, actor, alert_id)


@router.post("/{alert_id}/cancel", access=needs(Permission.ALERT_EDIT), status_code=201)
def cancel(alert_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> AlertOut:
    """Begin the cancel; once approved it reaches everyone who got the original."""
    drafts.start_version(session, actor=actor, alert_id=alert_id, kind=VersionKind.CANCEL, reason=data.reason)
    return _again(session, actor, alert_id)


@router.post("/proposals/{proposal_id}/take", access=needs(Permission.ALERT_EDIT), status_code=204)
def take_proposal(proposal_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> None:
    """Do what the machine proposes: begin the update or the cancel."""
    doubts.take_proposal(session, actor=actor, proposal_id=proposal_id, reason=data.reason)


@router.post("/proposals/{proposal_id}/dismiss", access=needs(Permission.ALERT_APPROVE), status_code=204)
def dismiss_proposal(proposal_id: UUID, data: ReasonIn, session: SessionDep, actor: ActorDep) -> None:
    """Say in writing why the alert stands; what was paused goes out."""
    doubts.dismiss_proposal(session, actor=actor, proposal_id=proposal_id, reason=data.reason)
