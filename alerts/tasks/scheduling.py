"""A site's own escalation schedule: written whole, by its coordinator."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session, col, delete

from alerts.errors import ScheduleInvalidError, ScheduleWithoutWorkersError
from alerts.tasks.models import EscalationStep
from alerts.tasks.schedule import STAFF_CHANNELS, accounts_with
from alerts.vocabulary import ChannelKind
from lab.network.access import GRANTS, Actor, Permission
from lab.network.models import Account, Role

MOST_STEPS = 12
LATEST_FIRST_MIN = 60
"""Somebody is told within the first hour: a warning that waits longer is none."""

LATEST_MIN = 7 * 24 * 60
ROLES = tuple(role for role, permissions in GRANTS.items() if Permission.SAMPLE_READ in permissions)
"""Who may read what a call-back is about, and so may be told that one waits."""


class StepIn(BaseModel):
    """One step: so many minutes after the task opened, a role or a person, by these channels."""

    model_config = ConfigDict(extra="forbid")

    after_min: int = Field(ge=0, le=LATEST_MIN)
    role: Role | None = None
    account_id: UUID | None = None
    channels: list[ChannelKind] = Field(min_length=1)


def people_at(session: Session, *, site_id: UUID) -> list[Account]:
    """Whom a step may name: accounts that may read the site's call-backs, by name."""
    return sorted(accounts_with(session, site_id=site_id, roles=ROLES), key=lambda one: one.display_name.casefold())


def set_schedule(session: Session, *, actor: Actor, site_id: UUID, steps: Sequence[StepIn]) -> None:
    """Put ``steps`` in place of the site's schedule; without any, the network's holds again.

    Raises :class:`~lab.errors.ForbiddenError`, :class:`ScheduleInvalidError`, :class:`ScheduleWithoutWorkersError`.
    """
    actor.require(Permission.NETWORK_COORDINATE, site_id)
    people = {account.id for account in people_at(session, site_id=site_id)}
    if len(steps) > MOST_STEPS or not all(_is_valid(step, people) for step in steps):
        raise ScheduleInvalidError(most=MOST_STEPS)
    if steps and min(step.after_min for step in steps) > LATEST_FIRST_MIN:
        raise ScheduleWithoutWorkersError(most=LATEST_FIRST_MIN)
    session.exec(delete(EscalationStep).where(col(EscalationStep.site_id) == site_id))
    session.add_all(
        EscalationStep(
            site_id=site_id, after_min=step.after_min, role=step.role, account_id=step.account_id,
            channels=[kind.value for kind in STAFF_CHANNELS if kind in step.channels],
        )
        for step in steps
    )  # fmt: skip
    session.flush()


def _is_valid(step: StepIn, people: set[UUID]) -> bool:
    one_of_both = (step.role is None) != (step.account_id is None)
    known = step.role in ROLES if step.role is not None else step.account_id in people
    return one_of_both and known and all(kind in STAFF_CHANNELS for kind in step.channels)
