"""Telling people that nobody has acknowledged an alert: each step once, each message a delivery row first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from alerts.deliveries.acknowledging import ReadBy, read_by
from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.models import Delivery, Lane, Purpose
from alerts.reach.roads import content_for, roads_to
from alerts.services import AlertServices
from alerts.tasks.schedule import STAFF_CHANNELS
from alerts.unread.models import UnreadNotice, UnreadStep
from alerts.unread.service import accounts_behind
from alerts.vocabulary import LANGUAGES
from alerts.warnings.models import Alert, AlertState, AlertVersion
from lab.kit.clock import now
from lab.kit.jobs import enqueue
from lab.kit.messages import Message
from lab.network.models import Account

CAUSE = "unread:"
_TEMPLATE = "alerts/unread.txt.jinja"


@dataclass(frozen=True)
class DueStep:
    """A step that is due for one version, and was not taken yet."""

    version_id: UUID
    after_min: int


def due_steps(session: Session) -> list[DueStep]:
    """Steps whose time has come for versions that hold and that somebody is asked about, the oldest version first.

    Whether anybody has acknowledged is asked when the step is taken.
    """
    taken = (
        sa.select(sa.literal(1))
        .select_from(UnreadNotice)
        .where(
            col(UnreadNotice.version_id) == col(AlertVersion.id),
            col(UnreadNotice.after_min) == col(UnreadStep.after_min),
        )
        .correlate(AlertVersion, UnreadStep)
        .exists()
    )
    rows = session.execute(
        sa.select(col(AlertVersion.id), col(AlertVersion.issued_at), col(UnreadStep.after_min))
        .join(Alert, col(Alert.id) == col(AlertVersion.alert_id))
        .join(UnreadStep, col(UnreadStep.tier) == col(Alert.tier))
        .where(col(AlertVersion.state) == AlertState.ISSUED, ~taken)
        .distinct()
        .order_by(col(AlertVersion.issued_at), col(UnreadStep.after_min))
    )
    moment = now()
    return [
        DueStep(version_id, after_min) for version_id, issued_at, after_min in rows
        if issued_at + timedelta(minutes=after_min) <= moment
    ]  # fmt: skip


def take(session: Session, *, services: AlertServices, due: DueStep) -> int:
    """Take one step, if nobody has acknowledged and somebody was asked to; how many people are told.

    Two sweeps at once take it once: the second finds its row.
    """
    version = session.get_one(AlertVersion, due.version_id)
    alert = session.get_one(Alert, version.alert_id)
    state = read_by(session, version_id=version.id)
    if version.state is not AlertState.ISSUED or state.read or not state.asked:
        return 0
    steps = session.exec(
        select(UnreadStep).where(UnreadStep.tier == alert.tier, UnreadStep.after_min == due.after_min)
    ).all()
    whom = {account.id: account for step in steps for account in accounts_behind(session, step)}
    notice = UnreadNotice(version_id=version.id, after_min=due.after_min, told=len(whom))
    try:
        with session.begin_nested():
            session.add(notice)
    except IntegrityError:
        return 0
    _tell(session, alert, version, state, list(whom.values()), services)
    return len(whom)


def _tell(
    session: Session, alert: Alert, version: AlertVersion, state: ReadBy, whom: Sequence[Account],
    services: AlertServices,
) -> None:  # fmt: skip
    for account in whom:
        words = _words(alert, version, state, account, services)
        for target, kind in roads_to(
            session, account_id=account.id, channels=STAFF_CHANNELS, services=services
        ).items():
            session.add(
                Delivery(
                    purpose=Purpose.UNREAD, channel=kind, account_id=account.id, target=target,
                    lane=Lane.PERSON,  # a handful, to people who must act: never behind the alert's own thousands
                    cause=f"{CAUSE}{version.id}", content=content_for(kind, words),
                )
            )  # fmt: skip
    session.flush()
    if whom:
        enqueue(session, DISPATCH, str(version.id))


def _words(
    alert: Alert, version: AlertVersion, state: ReadBy, account: Account, services: AlertServices
) -> dict[str, str]:
    language = account.language if account.language in LANGUAGES else LANGUAGES[0]
    say = services.renderer.text
    tier = say(Message(f"tier.{alert.tier.value}"), language=language)
    title = say(Message("unread.title"), language=language)
    if alert.exercise:
        title = f"{say(Message('alert.mark.exercise'), language=language)} {title}"
    page = f"/alerts/{alert.id}/work"
    body = services.renderer.document(
        _TEMPLATE,
        language=language,
        values={
            "headline": version.texts[language]["headline"],
            "tier": tier,
            "asked": state.asked,
            "url": services.base_url + page,
            "exercise": alert.exercise,
        },
    )
    short = say(Message("unread.short", {"tier": tier}), language=language)
    return {"subject": title, "body": body, "short": short, "title": title, "url": page}


def still_unread(session: Session, cause: str) -> bool:
    """Whether a message about ``cause`` is still worth sending: the version holds, and nobody has acknowledged it."""
    version = session.get(AlertVersion, UUID(cause.removeprefix(CAUSE)))
    if version is None or version.state is not AlertState.ISSUED:
        return False
    return not read_by(session, version_id=version.id).read
