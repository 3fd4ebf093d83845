"""Who may do what where: the one table from roles to permissions, and the actor that services are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lab.errors import ForbiddenError
from lab.network.models import Role


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    SAMPLE_REGISTER = "sample.register"
    SAMPLE_READ = "sample.read"
    CUSTODY_HANDLE = "custody.handle"  # seal, pack, hand over, receive
    CUSTODY_LABORATORY = "custody.laboratory"  # open, aliquot, consume, store, destroy
    CUSTODY_AUDIT = "custody.audit"
    PLATE_WORK = "plate.work"
    ANALYSIS_RECORD = "analysis.record"
    ANALYSIS_ONSITE = "analysis.onsite"  # strips and reagents alone, also at a counter
    RESULT_READ = "result.read"
    RESULT_WRITE = "result.write"
    RESULT_VERIFY = "result.verify"
    RESULT_REPORT = "result.report"
    QUALITY_DECLARE = "quality.declare"  # what a laboratory demands of its plates
    LIBRARY_READ = "library.read"
    LIBRARY_EDIT = "library.edit"
    TASK_HANDLE = "task.handle"  # T0: call back, say what was said
    ALERT_READ = "alert.read"
    ALERT_EDIT = "alert.edit"
    ALERT_APPROVE = "alert.approve"
    SUBSCRIPTION_MANAGE = "subscription.manage"
    ENCOUNTER_RECORD = "encounter.record"  # the talk at the counter, and the person code where it is switched on
    NETWORK_COORDINATE = "network.coordinate"  # sites, people of the counter, training, directory, counts
    NETWORK_MANAGE = "network.manage"


_COUNTER = {Permission.SAMPLE_REGISTER, Permission.SAMPLE_READ, Permission.CUSTODY_HANDLE, Permission.RESULT_READ,
            Permission.TASK_HANDLE, Permission.ALERT_READ, Permission.LIBRARY_READ, Permission.ANALYSIS_ONSITE,
            Permission.ENCOUNTER_RECORD}  # fmt: skip
_BENCH = {Permission.SAMPLE_READ, Permission.CUSTODY_HANDLE, Permission.CUSTODY_LABORATORY, Permission.PLATE_WORK,
          Permission.ANALYSIS_RECORD, Permission.ANALYSIS_ONSITE, Permission.RESULT_READ, Permission.RESULT_WRITE,
          Permission.RESULT_REPORT, Permission.LIBRARY_READ, Permission.LIBRARY_EDIT,
          Permission.ALERT_READ}  # fmt: skip

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.WORKER: frozenset(_COUNTER),
    Role.PEER_WORKER: frozenset(_COUNTER - {Permission.TASK_HANDLE}),
    Role.COURIER: frozenset({Permission.CUSTODY_HANDLE}),
    Role.CHEMIST: frozenset(_BENCH),
    Role.VERIFIER: frozenset(_BENCH | {Permission.RESULT_VERIFY, Permission.QUALITY_DECLARE}),
    Role.COORDINATOR: frozenset(
        _COUNTER
        | {
            Permission.ALERT_EDIT,
            Permission.SUBSCRIPTION_MANAGE,
            Permission.CUSTODY_AUDIT,
            Permission.NETWORK_COORDINATE,
        }
    ),
    Role.ALERT_APPROVER: frozenset(
        {
            Permission.ALERT_READ,
            Permission.ALERT_EDIT,
            Permission.ALERT_APPROVE,
            Permission.RESULT_READ,
            Permission.SAMPLE_READ,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.NETWORK_MANAGE,
            Permission.NETWORK_COORDINATE,
            Permission.SUBSCRIPTION_MANAGE,
            Permission.LIBRARY_READ,
            Permission.ALERT_READ,
        }
    ),
    Role.AUDITOR: frozenset(
        {Permission.CUSTODY_AUDIT, Permission.SAMPLE_READ, Permission.RESULT_READ, Permission.ALERT_READ}
    ),
}


@dataclass(frozen=True)
class Actor:
    """An account at work, with its roles: ``(site, role)``, where site None means the whole network."""

    account_id: UUID
    grants: frozenset[tuple[UUID | None, Role]]

    def sites(self, permission: Permission) -> frozenset[UUID] | None:
        """The sites where this actor has ``permission``; None means every site."""
        held = {site for site, role in self.grants if permission in GRANTS[role]}
        return None if None in held else frozenset(site for site in held if site is not None)

    def may(self, permission: Permission, site_id: UUID | None = None) -> bool:
        """Whether this actor has ``permission`` at ``site_id``; without a site, whether anywhere."""
        sites = self.sites(permission)
        if sites is None:
            return True
        return bool(sites) if site_id is None else site_id in sites

    def may_at_any(self, permission: Permission, site_ids: Iterable[UUID]) -> bool:
        """Whether this actor has ``permission`` at one of ``site_ids`` at least."""
        return any(self.may(permission, site_id) for site_id in site_ids)

    def require(self, permission: Permission, site_id: UUID | None = None) -> None:
        """Raise :class:`ForbiddenError` unless this actor has ``permission`` at ``site_id`` (or anywhere)."""
        if not self.may(permission, site_id):
            raise ForbiddenError(permission=permission.value)
