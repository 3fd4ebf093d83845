"""Roles are scoped to sites."""

from uuid import uuid4

import pytest

from lab.errors import ForbiddenError
from lab.network.access import Actor, Permission
from lab.network.models import Role

NORTH, SOUTH = uuid4(), uuid4()


def actor(*grants: tuple[object, Role]) -> Actor:
    return Actor(uuid4(), frozenset(grants))  # type: ignore[arg-type]  # tests name sites loosely


def test_a_role_holds_at_its_own_site_only() -> None:
    worker = actor((NORTH, Role.WORKER))
    assert worker.may(Permission.SAMPLE_REGISTER, NORTH)
    assert not worker.may(Permission.SAMPLE_REGISTER, SOUTH)
    assert worker.sites(Permission.SAMPLE_REGISTER) == {NORTH}


def test_a_network_wide_role_holds_everywhere() -> None:
    approver = actor((None, Role.ALERT_APPROVER))
    assert approver.may(Permission.ALERT_APPROVE, SOUTH)
    assert approver.sites(Permission.ALERT_APPROVE) is None


def test_nobody_without_the_role_may() -> None:
    with pytest.raises(ForbiddenError):
        actor((NORTH, Role.CHEMIST)).require(Permission.RESULT_VERIFY, NORTH)
