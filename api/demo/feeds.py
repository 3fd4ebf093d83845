"""The alert as programs take it: CAP and Atom."""

from alerts.cap import cap_xml
from alerts.feeds import atom_feed
from api.demo.story import Story


def publish(story: Story) -> str:
    """Placeholder until cap lands."""
    return ""
