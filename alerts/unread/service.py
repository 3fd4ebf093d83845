"""What a network declared for alerts that nobody acknowledges: its steps, and who may be named in them."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, delete, select

from alerts.errors import UnreadStepsInvalidError
from alerts.unread.models import UnreadNotice, UnreadStep
from alerts.vocabulary import Tier
from lab.network.access import GRANTS, Actor, Permission
from lab.network.models import Account, Role, RoleGrant

MOST_STEPS = 12
LATEST_MIN = 7 * 24 * 60
TIERS = (Tier.T1, Tier.T2, Tier.T3)
ROLES = tuple(role for role, permissions in GRANTS.items() if Permission.ALERT_READ in permissions)
"""Who may read alerts, and so may be told that one lies unread."""


class StepIn(BaseModel):
    """One step: so many minutes after an alert of ``tier`` was issued, a role or a person."""

    model_config = ConfigDict(extra="forbid")

    tier: Tier
    after_min: int = Field(ge=1, le=LATEST_MIN)
    role: Role | None = None
    account_id: UUID | None = None


def steps(session: Session) -> Sequence[UnreadStep]:
    """What is declared, by tier and the earliest first; none where nobody is told."""
    return session.exec(
        select(UnreadStep).order_by(col(UnreadStep.tier), col(UnreadStep.after_min), col(UnreadStep.id))
    ).all()


def people(session: Session) -> list[Account]:
    """Whom a step may name: open accounts that may read alerts, by name."""
    return sorted(accounts_in(session, roles=ROLES), key=lambda one: one.display_name.casefold())


def accounts_in(session: Session, *, roles: Sequence[Role]) -> list[Account]:
    """Open accounts that hold one of ``roles`` anywhere in the network."""
    holders = select(RoleGrant.account_id).where(col(RoleGrant.role).in_(roles))
    query = select(Account).where(col(Account.id).in_(holders), col(Account.active)).order_by(col(Account.id))
    return list(session.exec(query))


def accounts_behind(session: Session, step: UnreadStep) -> list[Account]:
    """The open accounts that ``step`` means."""
    if step.role is not None:
        return accounts_in(session, roles=[step.role])
    account = session.get(Account, step.account_id)
    return [account] if account is not None and account.active else []


def set_steps(session: Session, *, actor: Actor, wanted: Sequence[StepIn]) -> None:
    """Put ``wanted`` in place of what was declared; without any, nobody is told.

    Raises :class:`~lab.errors.ForbiddenError` or :class:`UnreadStepsInvalidError`.
    """
    actor.require(Permission.SUBSCRIPTION_MANAGE)
    known = {account.id for account in people(session)}
    if len(wanted) > MOST_STEPS or not all(_is_valid(step, known) for step in wanted):
        raise UnreadStepsInvalidError(most=MOST_STEPS)
    session.exec(delete(UnreadStep))
    session.add_all(
        UnreadStep(tier=step.tier, after_min=step.after_min, role=step.role, account_id=step.account_id)
        for step in wanted
    )
    session.flush()


def _is_valid(step: StepIn, known: set[UUID]) -> bool:
    one_of_both = (step.role is None) != (step.account_id is None)
    may_read = step.role in ROLES if step.role is not None else step.account_id in known
    return one_of_both and may_read and step.tier in TIERS


def notices_of(session: Session, *, version_id: UUID) -> Sequence[UnreadNotice]:
    """The steps that were taken for one version, in their order."""
    query = select(UnreadNotice).where(UnreadNotice.version_id == version_id)
    return session.exec(query.order_by(col(UnreadNotice.at))).all()
