"""The warning: called back, drafted, graded, approved by a second person, received."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from sqlmodel import select

from alerts.deliveries.composing import CONFIRM_PATH
from alerts.deliveries.models import Delivery, DeliveryState, Purpose
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.tasks import service as tasks
from alerts.vocabulary import Audience, ChannelKind
from alerts.warnings import approval, editing, store
from alerts.warnings.models import AlertState, Level
from alerts.warnings.schemas import Grade
from api.demo.story import StepFailedError, Story
from api.services import alert_services
from lab.kit.messages import Message
from templates.i18n import translator

SUBSCRIBER = "emergency@demo.example"
SAID = "Exercise: do not take it; others may be affected; naloxone and where to find it."


def subscribe(story: Story) -> str:
    """An emergency department asks for alerts, and confirms by the link it is sent."""
    services = alert_services(story.state.settings)
    with story.session() as session:
        wish = SubscriptionIn(
            audience=Audience.PROFESSIONALS,
            language="en",
            endpoints=[EndpointIn(channel=ChannelKind.EMAIL, address=SUBSCRIBER)],
        )
        subscriptions.subscribe(session, tokens=services.tokens, data=wish, actor=story.actor("coordinator"))
    story.work()
    token = _link_token(_newest_mail(story), CONFIRM_PATH)
    with story.session() as session:
        endpoint = subscriptions.confirm(session, token=token)
        state = endpoint.state.value
    return f"professionals, by e-mail; {state} after the link in the mail was followed"


def _mails(story: Story) -> list[Path]:
    folder = story.state.settings.mail_folder
    return sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime_ns) if folder else []


def _newest_mail(story: Story) -> Path:
    mails = _mails(story)
    if not mails:
        raise StepFailedError("no e-mail was sent")
    return mails[-1]


def _body(path: Path) -> str:
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    part = message.get_body(("plain",)) if isinstance(message, EmailMessage) else None
    return part.get_content() if part is not None else ""


def _link_token(path: Path, route: str) -> str:
    found = re.search(re.escape(route) + r"([\w-]+)", _body(path))
    if found is None:
        raise StepFailedError("the mail that asks for confirmation carries no link")
    return found[1]


def look_at_task(story: Story) -> str:
    """The call-back is open at the testing point before anybody has verified anything."""
    with story.session() as session:
        found = tasks.tasks_of_sample(session, sample_id=story.keys["sample"])
        if not found:
            raise StepFailedError("a dangerous answer must open a call-back task when it is submitted")
        task = found[0]
        story.keys["task"] = task.id
        verified = "verified" if task.verified else "not verified"
        message = Message(task.message_id, task.message_params)
    return f"T0 open, {verified}: {translator(story.language).text(message.id, **message.params)}"


def call_back(story: Story) -> str:
    """The worker reaches the person and says what was said."""
    with story.session() as session:
        worker = story.actor("worker")
        tasks.acknowledge(session, actor=worker, task_id=story.keys["task"])
        task = tasks.confirm_called_back(session, actor=worker, task_id=story.keys["task"], said=SAID)
        state = task.state.value
    return f"called back and confirmed; task {state}"


def draft(story: Story) -> str:
    """The rules drafted an alert from the verified, confirmed finding; a person edits and grades it."""
    services = alert_services(story.state.settings)
    with story.session() as session:
        coordinator = story.actor("coordinator")
        drafted = store.list_alerts(session, actor=coordinator)
        if not drafted:
            raise StepFailedError("no rule drafted an alert from the confirmed finding")
        alert = max(drafted, key=lambda one: one.tier.value)
        version = store.latest_version(session, alert_id=alert.id)
        version = editing.edit(
            session, actor=coordinator, services=services, version_id=version.id, edition=version.edition
        )
        judgement = Grade(
            local_relevance=Level.HIGH,
            likely_spread=Level.MEDIUM,
            plausibility=Level.HIGH,
            forensic_backing=Level.HIGH,
        )
        editing.grade(session, actor=coordinator, version_id=version.id, judgement=judgement)
        story.keys |= {"alert": alert.id, "version": version.id}
        headline = version.texts["en"]["headline"]
        rules = ", ".join(alert.rule_ids)
    return f"{alert.tier.value} by rule {rules}: {headline}"


def approve(story: Story) -> str:
    """A second person approves exactly the edition they read; the fan-out is in the same transaction."""
    with story.session() as session:
        version = store.latest_version(session, alert_id=story.keys["alert"])
        issued = approval.approve(
            session, actor=story.actor("approver"), version_id=version.id, edition=version.edition
        )
        if issued.state is not AlertState.ISSUED:
            raise StepFailedError(f"the alert is {issued.state.value}, not issued")
        expires = issued.expires_at
    return f"issued by a second person; expires {expires:%Y-%m-%d %H:%M} UTC"


def deliver(story: Story) -> str:
    """The subscriber receives it; each attempt is a row before it is a call."""
    story.work()
    with story.session() as session:
        wanted = select(Delivery).where(Delivery.version_id == story.keys["version"], Delivery.purpose == Purpose.ALERT)
        rows = session.exec(wanted).all()
    sent = [row for row in rows if row.state is DeliveryState.SENT]
    if not sent or len(sent) != len(rows):
        raise StepFailedError(f"of {len(rows)} deliveries {len(sent)} were sent")
    mail = next(path for path in _mails(story) if sent[0].id.hex in path.name)
    story.write("alert.eml", mail.read_bytes())
    return f"{len(sent)} delivery, {sum(row.attempts for row in sent)} attempt: received"
