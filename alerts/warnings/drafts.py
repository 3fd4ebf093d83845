"""How alerts and their versions come to be: from a firing, from a person, as an update or a withdrawal."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.episodes.models import Episode
from alerts.errors import ReasonMissingError, TierError, TransitionError
from alerts.facts import Facts
from alerts.rules.active import active_rules
from alerts.rules.evaluation import Firing
from alerts.rules.model import Rule
from alerts.vocabulary import Tier
from alerts.warnings.drafting import draft_params, joined_params
from alerts.warnings.lifecycle import WITHDRAWALS
from alerts.warnings.models import Alert, AlertBasis, AlertProposal, AlertState, AlertVersion, ProposalKind, VersionKind
from alerts.warnings.store import latest_version, live_version, lock_alert, open_version, proposals_of
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.network.access import Actor, Permission
from lab.results.models import Result

RENDER = "alerts.render"


def draft_or_join(
    session: Session, *, tier: Tier, episode: Episode, rule: Rule, firing: Firing, facts: Facts, result: Result
) -> Alert:
    """The episode's alert of this tier with this result in it: the one there is, or a new draft.

    The caller holds the episode, so that two results at once make one alert. An alert that was withdrawn as a whole
    does not stand in the way of a new one.
    """
    alert = _standing(session, episode_id=episode.id, tier=tier)
    if alert is None:
        alert = _new_alert(
            session, tier=tier, episode_id=episode.id, rule_id=rule.id,
            params=draft_params(facts, rule=rule, firing=firing), areas=[facts.area] if facts.area else [],
        )  # fmt: skip
        add_basis(session, alert=alert, result=result, confirmed=firing.confirmed)
        return alert
    if add_basis(session, alert=alert, result=result, confirmed=firing.confirmed):
        _tell_open_draft(session, alert, facts, firing)
        _propose_when_expired(session, alert, result)
    if rule.id not in alert.rule_ids:
        alert.rule_ids = [*alert.rule_ids, rule.id]
        session.add(alert)
    return alert


def _standing(session: Session, *, episode_id: UUID, tier: Tier) -> Alert | None:
    query = select(Alert).where(Alert.episode_id == episode_id, Alert.tier == tier).order_by(col(Alert.created_at))
    return next((alert for alert in session.exec(query) if not _withdrawn(session, alert)), None)


def _withdrawn(session: Session, alert: Alert) -> bool:
    """It was taken back, or thrown away because nothing carried it any more.

    A draft that a person threw away while its results stood was judged not worth saying: it is not drafted again.
    """
    live = live_version(session, alert_id=alert.id)
    if live is not None:
        return live.kind in WITHDRAWALS
    return open_version(session, alert_id=alert.id) is None and _samples(session, alert) == 0


def _new_alert(
    session: Session, *, tier: Tier, episode_id: UUID | None, rule_id: str, params: dict[str, object],
    areas: list[str], author_id: UUID | None = None,
) -> Alert:  # fmt: skip
    alert = Alert(tier=tier, episode_id=episode_id, rule_ids=[rule_id], areas=areas)
    session.add(alert)
    session.flush()
    version = AlertVersion(
        alert_id=alert.id, number=1, kind=VersionKind.ALERT, message_params=params, author_id=author_id,
        expires_at=end_of_validity(session, tier),
    )  # fmt: skip
    session.add(version)
    session.flush()
    enqueue(session, RENDER, str(version.id))
    return alert


def end_of_validity(session: Session, tier: Tier) -> datetime:
    """Until when an alert of this tier holds if it is issued about now."""
    return now() + active_rules(session).settings.validity[tier]


def add_basis(session: Session, *, alert: Alert, result: Result, confirmed: bool) -> bool:
    """Let ``alert`` rest on ``result``; whether it did not already."""
    known = session.get(AlertBasis, (alert.id, result.id))
    if known is not None:
        known.confirmed = known.confirmed or confirmed
        session.add(known)
        return False
    session.add(AlertBasis(alert_id=alert.id, result_id=result.id, sample_id=result.sample_id, confirmed=confirmed))
    session.flush()
    return True


def _propose_when_expired(session: Session, alert: Alert, result: Result) -> None:
    """The story goes on after its alert has expired: propose an update, once."""
    live = live_version(session, alert_id=alert.id)
    if live is not None and live.state is AlertState.EXPIRED and not proposals_of(session, alert_id=alert.id):
        session.add(AlertProposal(alert_id=alert.id, result_id=result.id, kind=ProposalKind.UPDATE))
        session.flush()


def _tell_open_draft(session: Session, alert: Alert, facts: Facts, firing: Firing) -> None:
    """A draft nobody has worked on counts the new sample; words that people have touched are left to people."""
    alert = lock_alert(session, alert.id)
    if facts.area and facts.area not in alert.areas:
        alert.areas = sorted({*alert.areas, facts.area})
        session.add(alert)
    version = open_version(session, alert_id=alert.id)
    if version is None or version.author_id is not None or version.state is not AlertState.DRAFT:
        return
    version.message_params = joined_params(version.message_params, facts, firing) | {
        "samples": _samples(session, alert)
    }
    version.texts = {}
    session.add(version)
    session.flush()
    enqueue(session, RENDER, str(version.id))


def _samples(session: Session, alert: Alert) -> int:
    """How many samples the alert rests on today; two versions of one answer are one sample."""
    standing = select(AlertBasis.sample_id).where(
        AlertBasis.alert_id == alert.id, col(AlertBasis.withdrawn_at).is_(None)
    )
    return len(set(session.exec(standing)))


def raise_tier(session: Session, *, actor: Actor, alert_id: UUID, tier: Tier) -> Alert:
    """Draft an alert of a higher tier on the same story: a public one from a professional one, say."""
    actor.require(Permission.ALERT_EDIT)
    source = lock_alert(session, alert_id)
    order = list(Tier)
    if order.index(tier) <= order.index(source.tier):
        raise TierError
    params = latest_version(session, alert_id=alert_id).message_params
    higher = _new_alert(
        session, tier=tier, episode_id=source.episode_id, rule_id=source.rule_ids[0], params=dict(params),
        areas=list(source.areas), author_id=actor.account_id,
    )  # fmt: skip
    for basis in session.exec(select(AlertBasis).where(AlertBasis.alert_id == source.id)).all():
        if basis.withdrawn_at is None:
            session.add(
                AlertBasis(
                    alert_id=higher.id, result_id=basis.result_id, sample_id=basis.sample_id,
                    confirmed=basis.confirmed,
                )
            )  # fmt: skip
    session.flush()
    return higher


def start_version(session: Session, *, actor: Actor, alert_id: UUID, kind: VersionKind, reason: str) -> AlertVersion:
    """Begin an update, a cancel or a retraction of what the world has. It is approved like any other text.

    A withdrawal needs no new grade. Raises :class:`TransitionError` when nothing was issued, or another is begun.
    """
    actor.require(Permission.ALERT_EDIT)
    if not reason.strip():
        raise ReasonMissingError
    alert = lock_alert(session, alert_id)
    live = live_version(session, alert_id=alert_id)
    if kind is VersionKind.ALERT or live is None or live.kind in WITHDRAWALS:
        raise TransitionError(state=live.state.value if live else "draft", action=kind.value)
    if open_version(session, alert_id=alert_id) is not None:
        raise TransitionError(state=AlertState.DRAFT.value, action=kind.value)
    version = next_version(session, alert=alert, live=live, kind=kind, reason=reason.strip())
    version.author_id = actor.account_id
    session.add(version)
    session.flush()
    enqueue(session, RENDER, str(version.id))
    return version


def next_version(session: Session, *, alert: Alert, live: AlertVersion, kind: VersionKind, reason: str) -> AlertVersion:
    """The version after ``live``, without words yet; the caller holds the alert."""
    latest = latest_version(session, alert_id=alert.id)
    version = AlertVersion(
        alert_id=alert.id,
        number=latest.number + 1,
        edition=latest.edition,  # editions never repeat: an old approval sent again fits no later version
        kind=kind,
        state=AlertState.GRADED if kind in WITHDRAWALS else AlertState.DRAFT,
        message_params=_params_now(session, alert, live),
        grade=live.grade if kind in WITHDRAWALS else None,
        reason=reason[:1000],
        photo_id=live.photo_id if kind is VersionKind.UPDATE else None,
        expires_at=end_of_validity(session, alert.tier),
    )
    session.add(version)
    session.flush()
    return version


def _params_now(session: Session, alert: Alert, live: AlertVersion) -> dict[str, object]:
    """What the alert rests on today: only results that still stand are counted and make it confirmed."""
    standing = session.exec(
        select(AlertBasis).where(AlertBasis.alert_id == alert.id, col(AlertBasis.withdrawn_at).is_(None))
    ).all()
    return dict(live.message_params) | {
        "samples": len({basis.sample_id for basis in standing}) or live.message_params["samples"],
        "confirmed": any(basis.confirmed for basis in standing),
        "areas": list(alert.areas),
    }
