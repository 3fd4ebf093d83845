"""A process that sends what is due, to be killed: ``python -m tests.alerts.deliveries.sender_process URL SMTP_PORT``.

It looks for work as often as the worker's sweep does, and more often while there is some.
"""

import sys
import time
from datetime import timedelta
from pathlib import Path

from alerts.channels.addresses import PublicOnly
from alerts.channels.base import Channel
from alerts.channels.email import EmailChannel, SmtpTransport, Tls
from alerts.channels.push import PushChannel, VapidKey
from alerts.channels.webhook import WebhookChannel
from alerts.deliveries.sending import send_due
from alerts.services import AlertServices
from alerts.subscriptions.tokens import TokenKey
from api.rendering import Renderer
from lab.contacts.keys import ContactKeys
from lab.contacts.schemas import Retention
from lab.kit.db import Database


def services(smtp_port: int, *, lease_s: float | None = None) -> AlertServices:
    """What a deployment sends with, except that its endpoints may lie on this machine."""
    here = PublicOnly(allow_private=True)
    short = {} if lease_s is None else {"lease_s": lease_s}
    channels: list[Channel] = [
        WebhookChannel(network=here, **short),
        PushChannel(VapidKey(VapidKey.new_pem(), "mailto:alerts@test.example"), network=here, **short),
        EmailChannel(SmtpTransport("127.0.0.1", smtp_port, Tls.NONE), "alerts@test.example", **short),
    ]
    return AlertServices(
        renderer=Renderer(), channels={one.kind: one for one in channels}, tokens=TokenKey(b"k" * 32),
        base_url="https://lab.test.example", sender="lab.test.example", exercise=True,
        contact_keys=ContactKeys(Path("nowhere")), retention=Retention(timedelta(days=14), timedelta(days=180)),
    )  # fmt: skip


def main(url: str, smtp_port: str, lease_s: str = "") -> None:
    database = Database(url)
    sending = services(int(smtp_port), lease_s=float(lease_s) if lease_s else None)
    while True:
        send_due(database, services=sending)
        time.sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
