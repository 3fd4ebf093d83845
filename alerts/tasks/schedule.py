"""When a call-back task escalates, and to whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.rules.model import Escalation, Settings
from alerts.tasks.models import EscalationStep
from lab.network.models import Account, Role, RoleGrant


@dataclass(frozen=True)
class Schedule:
    """The steps of one site, in order; after the last one, everybody again every ``repeat``."""

    steps: Sequence[Escalation]
    repeat: timedelta

    def moment(self, opened_at: datetime, step: int, *, last: datetime | None = None) -> datetime:
        """When ``step`` (from 0) is due; beyond the last step, ``repeat`` after the ``last`` escalation."""
        if step < len(self.steps):
            return opened_at + self.steps[step].after
        return (last or opened_at + self.steps[-1].after) + self.repeat

    def roles(self, step: int) -> tuple[Role, ...]:
        """Whom ``step`` tells."""
        if step < len(self.steps):
            return (self.steps[step].role,)
        return tuple(dict.fromkeys(one.role for one in self.steps))


def schedule_of(session: Session, *, site_id: UUID, settings: Settings) -> Schedule:
    """The site's own schedule, or the network's."""
    own = session.exec(
        select(EscalationStep).where(EscalationStep.site_id == site_id).order_by(col(EscalationStep.after_min))
    ).all()
    steps = [Escalation(timedelta(minutes=step.after_min), step.role) for step in own]
    return Schedule(steps or settings.escalation, settings.escalation_repeat)


def accounts_with(session: Session, *, site_id: UUID, roles: Sequence[Role]) -> list[Account]:
    """Open accounts that hold one of ``roles`` at the site or in the whole network, in the order of their ids."""
    holders = select(RoleGrant.account_id).where(
        col(RoleGrant.role).in_(roles), (col(RoleGrant.site_id) == site_id) | col(RoleGrant.site_id).is_(None)
    )
    return list(
        session.exec(select(Account).where(col(Account.id).in_(holders), col(Account.active)).order_by(col(Account.id)))
    )
