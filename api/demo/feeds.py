"""The alert as programs take it: CAP and Atom, both checked before they are left behind."""

from alerts.cap import cap_message
from alerts.cap_rules import check_cap
from alerts.feeds import atom_feed, feed_items
from alerts.vocabulary import Audience
from alerts.warnings import store
from api.demo.story import StepFailedError, Story
from api.services import alert_services


def publish(story: Story) -> str:
    """One CAP message with three languages, and the feed of professionals."""
    services = alert_services(story.state.settings)
    with story.session() as session:
        alert = store.get_alert(session, actor=story.actor("approver"), alert_id=story.keys["alert"])
        version = store.latest_version(session, alert_id=alert.id)
        cap = cap_message(session, alert=alert, version=version, services=services)
        items = feed_items(session, audience=Audience.PROFESSIONALS, language=story.language, services=services)
        feed_url = f"{services.base_url}/feeds/{Audience.PROFESSIONALS.value}.{story.language}.atom"
        atom = atom_feed(items, language=story.language, feed_url=feed_url, services=services)
    problems = check_cap(cap)
    if problems or not items:
        raise StepFailedError(f"the CAP message does not hold: {problems}" if problems else "the feed is empty")
    story.write("alert.cap.xml", cap)
    story.write("alerts.atom", atom)
    return f"CAP 1.2, status Exercise, {cap.count(b'<info>')} languages, every rule held; Atom with {len(items)} entry"
