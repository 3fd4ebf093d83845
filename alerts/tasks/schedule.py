"""When a call-back task escalates, to whom, and by which channels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.rules.model import Settings
from alerts.tasks.models import EscalationStep
from alerts.vocabulary import ChannelKind
from lab.network.models import Account, Role, RoleGrant

STAFF_CHANNELS = (ChannelKind.EMAIL, ChannelKind.PUSH, ChannelKind.SMS)
"""By what workers can be told, in the order in which pages name them."""


@dataclass(frozen=True)
class Target:
    """Whom a step tells: everybody in a role at the site, or one person. ``channels``: by what."""

    role: Role | None = None
    account_id: UUID | None = None
    channels: tuple[ChannelKind, ...] = STAFF_CHANNELS


@dataclass(frozen=True)
class Step:
    """Whom to tell so long after the task was opened."""

    after: timedelta
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Schedule:
    """The steps of one site, in order; after the last one, everybody again every ``repeat``."""

    steps: Sequence[Step]
    repeat: timedelta

    def moment(self, opened_at: datetime, step: int, *, last: datetime | None = None) -> datetime:
        """When ``step`` (from 0) is due; beyond the last step, ``repeat`` after the ``last`` escalation."""
        if step < len(self.steps):
            return opened_at + self.steps[step].after
        return (last or opened_at + self.steps[-1].after) + self.repeat

    def targets(self, step: int) -> tuple[Target, ...]:
        """Whom ``step`` tells."""
        if step < len(self.steps):
            return self.steps[step].targets
        return tuple(dict.fromkeys(target for one in self.steps for target in one.targets))


def schedule_of(session: Session, *, site_id: UUID, settings: Settings) -> Schedule:
    """The site's own schedule, or the network's. Rows of one minute are one step."""
    own = steps_of(session, site_id=site_id)
    steps = [
        Step(timedelta(minutes=after_min), tuple(_target(row) for row in rows))
        for after_min, rows in groupby(own, key=lambda row: row.after_min)
    ]
    default = [Step(one.after, (Target(role=one.role),)) for one in settings.escalation]
    return Schedule(steps or default, settings.escalation_repeat)


def steps_of(session: Session, *, site_id: UUID) -> Sequence[EscalationStep]:
    """The rows of a site's own schedule, the earliest first; none where the network's holds."""
    query = select(EscalationStep).where(EscalationStep.site_id == site_id)
    return session.exec(query.order_by(col(EscalationStep.after_min), col(EscalationStep.id))).all()


def _target(row: EscalationStep) -> Target:
    channels = tuple(kind for kind in STAFF_CHANNELS if kind.value in row.channels) or STAFF_CHANNELS
    return Target(row.role, row.account_id, channels)


def accounts_with(session: Session, *, site_id: UUID, roles: Sequence[Role]) -> list[Account]:
    """Open accounts that hold one of ``roles`` at the site or in the whole network, in the order of their ids."""
    holders = select(RoleGrant.account_id).where(
        col(RoleGrant.role).in_(roles), (col(RoleGrant.site_id) == site_id) | col(RoleGrant.site_id).is_(None)
    )
    return list(
        session.exec(select(Account).where(col(Account.id).in_(holders), col(Account.active)).order_by(col(Account.id)))
    )


def accounts_behind(session: Session, *, site_id: UUID, target: Target) -> list[Account]:
    """The open accounts that ``target`` means."""
    if target.role is not None:
        return accounts_with(session, site_id=site_id, roles=[target.role])
    account = session.get(Account, target.account_id)
    return [account] if account is not None and account.active else []
