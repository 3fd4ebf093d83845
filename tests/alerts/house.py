"""A bench that also lets every fact raise what it must, as the outbox's consumer would."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from alerts.services import AlertServices
from alerts.subscriptions import service as subscriptions
from alerts.subscriptions.models import SubscriptionEndpoint
from alerts.subscriptions.schemas import EndpointIn, SubscriptionIn
from alerts.tasks.models import CallbackTask
from alerts.triggers import HANDLERS
from alerts.vocabulary import Audience, ChannelKind, Tier
from alerts.warnings import approval, editing
from alerts.warnings.models import Alert, AlertVersion, Level
from alerts.warnings.schemas import Grade
from alerts.warnings.store import latest_version
from lab.kit.clock import now
from lab.kit.outbox import OutboxEntry
from lab.library.models import Substance
from lab.network.access import Actor
from lab.network.models import Role
from lab.results import service as results
from lab.results.models import Result, Technique
from lab.samples.models import Sample
from tests.lab.bench import Bench
from tests.network import Network

CONFIRMING = (Technique.GCMS, Technique.LCMS)
GRADE = Grade(
    local_relevance=Level.HIGH, likely_spread=Level.MEDIUM, plausibility=Level.HIGH, forensic_backing=Level.HIGH
)
CLASSES = {
    "isotonitazene": "nitazene", "fentanyl": "fentanyl", "heroin": "opioid", "LSD": "psychedelic",
    "25I-NBOMe": "psychedelic", "delta-9-THC": "cannabinoid", "MDMB-4en-PINACA": "cannabinoid",
    "caffeine": "stimulant", "ketamine": "dissociative", "mannitol": "adulterant or cutting agent",
}  # fmt: skip


class House(Bench):
    """As :class:`Bench`, with consequences."""

    def __init__(self, session: Session, services: AlertServices, network: Network | None = None) -> None:
        super().__init__(session, network)
        self.services = services
        # Custody is tested elsewhere: here the testing point analyses on its own ground.
        self.laboratory = self.north
        self.chemist = Actor(self.chemist.account_id, frozenset({(None, Role.CHEMIST)}))
        self.verifier = Actor(self.verifier.account_id, frozenset({(None, Role.VERIFIER)}))
        self.coordinator, self.approver = self.network.actors["coordinator"], self.network.actors["approver"]
        self.second_approver = self.network.actors["second_approver"]

    def substance(self, name: str, substance_class: str = "stimulant") -> Substance:
        return super().substance(name, CLASSES.get(name, substance_class))

    def consume(self) -> None:
        """Act on every fact in the outbox, and give new drafts their words."""
        waiting = select(OutboxEntry).where(col(OutboxEntry.consumed_at).is_(None))
        for entry in self.session.exec(waiting.order_by(col(OutboxEntry.created_at))).all():
            for handle in HANDLERS[entry.topic]:
                handle(self.session, entry)
            entry.consumed_at = now()
            self.session.add(entry)
        self.session.flush()
        self.render()

    def render(self) -> None:
        for version_id in editing.unwritten(self.session):
            editing.fill_draft(self.session, services=self.services, version_id=version_id)

    def submit_found(
        self, *names: str, sold_as: str | None = "heroin", techniques: Sequence[Technique] = CONFIRMING, **values: Any
    ) -> tuple[Sample, Result]:
        """A sample in which each technique found ``names``, before the verifier."""
        sample = self.sample(sold_as, **values)
        for technique in techniques:
            self.analysis(sample, technique, *names)
        return sample, self.submitted(sample)

    def verify(self, result: Result) -> Result:
        return results.verify(self.session, actor=self.verifier, result_id=result.id)

    def verified_found(self, *names: str, **values: Any) -> tuple[Sample, Result]:
        """As :meth:`submit_found`, verified, with everything that raises."""
        sample, result = self.submit_found(*names, **values)
        self.verify(result)
        self.consume()
        return sample, result

    def tasks(self, sample: Sample) -> dict[str, CallbackTask]:
        """The newest task of each cause about ``sample``."""
        found = select(CallbackTask).where(CallbackTask.sample_id == sample.id).order_by(col(CallbackTask.opened_at))
        return {task.cause: task for task in self.session.exec(found)}

    def alerts(self) -> dict[Tier, Alert]:
        """The newest alert of each tier."""
        return {alert.tier: alert for alert in self.session.exec(select(Alert).order_by(col(Alert.created_at)))}

    def draft(self, tier: Tier) -> AlertVersion:
        """The newest version of the newest alert of this tier."""
        return latest_version(self.session, alert_id=self.alerts()[tier].id)

    def issue(self, version: AlertVersion) -> AlertVersion:
        """Grade it, and let as many approvers approve it as it takes."""
        editing.grade(self.session, actor=self.coordinator, version_id=version.id, judgement=GRADE)
        for actor in (self.approver, self.second_approver):
            if version.state == "graded":
                approval.approve(self.session, actor=actor, version_id=version.id, edition=version.edition)
        return version

    def subscriber(
        self, address: str, *, audience: Audience = Audience.NETWORK, confirmed: bool = True,
        channel: ChannelKind = ChannelKind.EMAIL, **values: Any,
    ) -> SubscriptionEndpoint:  # fmt: skip
        """An endpoint, with its second opt-in unless told otherwise."""
        data = SubscriptionIn(
            audience=audience, language=values.pop("language", "en"),
            endpoints=[EndpointIn(channel=channel, address=address)], **values,
        )  # fmt: skip
        made = subscriptions.subscribe(self.session, tokens=self.services.tokens, data=data, actor=self.coordinator)
        (endpoint,) = subscriptions.endpoints_of(self.session, subscription_id=made.id)
        if confirmed:
            subscriptions.confirm(self.session, token=self.services.tokens.confirm(endpoint.id))
        return endpoint

    def reload(self, result_id: UUID) -> Result:
        return self.session.get_one(Result, result_id)
