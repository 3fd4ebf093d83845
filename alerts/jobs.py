"""The background work of ``alerts``. Every task finds its work in rows, so that a lost or repeated job does no harm."""

from uuid import UUID

from alerts.contacts.causes import ERASE, NOTIFY
from alerts.contacts.erasing import erase_served
from alerts.contacts.notices import notify
from alerts.deliveries.fanout import DISPATCH
from alerts.deliveries.sending import look as look_for_due
from alerts.deliveries.sending import send_due
from alerts.episodes.service import close_quiet
from alerts.rules.active import active_rules
from alerts.services import AlertServices
from alerts.signals.service import look
from alerts.subscriptions.service import forget_unanswered
from alerts.tasks.escalation import due_tasks, escalate, handed_tasks, tell_handed
from alerts.tasks.service import ESCALATE
from alerts.triggers import close_gaps
from alerts.unread.escalation import due_steps, take
from alerts.warnings import clock
from alerts.warnings.drafts import RENDER
from alerts.warnings.editing import fill_draft, unwritten
from lab.kit.tasks import Context, Task


def _dispatch(context: Context, _key: str) -> None:
    """Send what is due, whatever called: the key only says who asked."""
    send_due(context.database, services=context.service(AlertServices))


def _look_for_due(context: Context, _key: str) -> None:
    look_for_due(context.database, services=context.service(AlertServices))


def _render(context: Context, key: str) -> None:
    with context.database.session() as session:
        fill_draft(session, services=context.service(AlertServices), version_id=UUID(key))


def _render_forgotten(context: Context, _key: str) -> None:
    with context.database.reading() as session:
        waiting = unwritten(session)
    for version_id in waiting:
        _render(context, str(version_id))


def _escalate(context: Context, _key: str) -> None:
    with context.database.reading() as session:
        due, handed = due_tasks(session), handed_tasks(session)
    for task_id in due:
        with context.database.session() as session:
            escalate(session, services=context.service(AlertServices), task_id=task_id)
    for task_id in handed:
        with context.database.session() as session:
            tell_handed(session, services=context.service(AlertServices), task_id=task_id)


def _tell_unread(context: Context, _key: str) -> None:
    """An alert that nobody acknowledged: tell whom the network declared."""
    with context.database.reading() as session:
        due = due_steps(session)
    for step in due:
        with context.database.session() as session:
            take(session, services=context.service(AlertServices), due=step)


def _notify(context: Context, _key: str) -> None:
    with context.database.session() as session:
        notify(session)


def _erase_contacts(context: Context, _key: str) -> None:
    services = context.service(AlertServices)
    with context.database.session() as session:
        erase_served(session, keys=services.contact_keys, retention=services.retention)


def _pass_time(context: Context, _key: str) -> None:
    """Expiry, uncountersigned releases, quiet episodes, unanswered opt-ins."""
    with context.database.reading() as session:
        overdue, over = clock.uncountersigned_versions(session), clock.expired_versions(session)
    for version_id in overdue:
        with context.database.session() as session:
            clock.cancel_uncountersigned(session, services=context.service(AlertServices), version_id=version_id)
    for version_id in over:
        with context.database.session() as session:
            clock.expire(session, version_id=version_id)
    with context.database.session() as session:
        close_quiet(session, quiet=active_rules(session).settings.episode_quiet)
        forget_unanswered(session)


def _close_gaps(context: Context, _key: str) -> None:
    with context.database.session() as session:
        close_gaps(session)


def _look_for_signals(context: Context, _key: str) -> None:
    with context.database.session() as session:
        look(session)


TASKS: tuple[Task, ...] = (
    Task(DISPATCH, _dispatch),
    # Retries, and what a dead sender left behind. Not by the queue, where a sweep would wait for the dead one's lease.
    Task("alerts.dispatch_sweep", _look_for_due, every_s=2.0, everywhere=True),
    Task(RENDER, _render),
    Task("alerts.render_sweep", _render_forgotten, every_s=30.0),
    Task(ESCALATE, _escalate),
    Task("alerts.escalate_sweep", _escalate, every_s=15.0),
    Task("alerts.unread_sweep", _tell_unread, every_s=30.0),
    Task(NOTIFY, _notify),
    Task("alerts.contacts_sweep", _notify, every_s=10.0),
    Task(ERASE, _erase_contacts),
    Task("alerts.contacts_erase_sweep", _erase_contacts, every_s=1800.0),
    Task("alerts.clock", _pass_time, every_s=60.0),
    Task("alerts.gaps", _close_gaps, every_s=60.0),
    Task("alerts.signals", _look_for_signals, every_s=6 * 3600.0),
)
