"""A testing point, a laboratory and samples that truly went from one to the other, for tests."""

from typing import Any

from sqlmodel import Session

from lab.custody import service as custody
from lab.custody.models import SealState
from lab.kit.clock import today
from lab.library.models import Substance
from lab.network.access import Actor
from lab.results.models import Analysis, Outcome, Result, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.results.service import draft_result, record_analysis, submit
from lab.samples.models import Sample
from lab.samples.schemas import SampleIn
from lab.samples.service import register
from tests.network import Network, make_network

TEXTS = {"fr": "Réponse.", "nl": "Antwoord.", "en": "Answer."}


class Bench:
    """A small network with its vocabulary, and the steps a test needs."""

    def __init__(self, session: Session, network: Network | None = None) -> None:
        self.session = session
        self.network: Network = network or make_network(session)
        self.north, self.south = self.network.sites["north"], self.network.sites["south"]
        self.laboratory = self.network.sites["laboratory"]
        self.worker, self.chemist = self.network.actors["worker"], self.network.actors["chemist"]
        self.verifier = self.network.actors["verifier"]
        self.substances: dict[str, Substance] = {}

    def substance(self, name: str, substance_class: str = "stimulant") -> Substance:
        """A substance of the vocabulary, made when it is first asked for."""
        if name not in self.substances:
            self.substances[name] = Substance(name=name, substance_class=substance_class, source="made for a test")
            self.session.add(self.substances[name])
            self.session.flush()
        return self.substances[name]

    def registration(self, **values: Any) -> SampleIn:
        """What a worker sends: a powder, with consent."""
        return SampleIn(**{"site_id": self.north.id, "consent_analyse": True, "mass_mg": 80.0} | values)

    def sample(self, sold_as: str | None = None, **values: Any) -> Sample:
        """A sample registered at the northern testing point."""
        if sold_as is not None:
            values["sold_as_substance_id"] = self.substance(sold_as).id
        return register(self.session, actor=self.worker, data=self.registration(**values)).sample

    def at_laboratory(self, sold_as: str | None = None, **values: Any) -> Sample:
        """A sample that was sealed, packed, handed over and received."""
        sample = self.sample(sold_as, **values)
        (item,) = custody.items_of(self.session, sample_id=sample.id)
        custody.seal(self.session, actor=self.worker, item_id=item.id, seal_number=f"S-{sample.code}")
        parcel = custody.pack(
            self.session, actor=self.worker, item_ids=[item.id], seal_number=f"P-{sample.code}",
            from_site_id=self.north.id, to_site_id=self.laboratory.id, legal_basis="test",
        )  # fmt: skip
        custody.hand_over_parcel(self.session, actor=self.network.actors["courier"], parcel_id=parcel.id)
        custody.receive_parcel(
            self.session, actor=self.chemist, parcel_id=parcel.id, received_item_ids=[item.id],
            seal_state=SealState.INTACT,
        )  # fmt: skip
        return sample

    def analysis_in(self, technique: Technique = Technique.TLC, *names: str, **values: Any) -> AnalysisIn:
        """One run at the laboratory that found ``names``; without any, nothing of interest."""
        findings = [FindingIn(substance_id=self.substance(name).id) for name in names]
        given: dict[str, Any] = {
            "site_id": self.laboratory.id,
            "technique": technique,
            "method_version": "test 1",
            "performed_on": today(),
            "outcome": Outcome.DETECTED if findings else Outcome.NONE_OF_INTEREST,
            "detection_limit_note": "about 1 µg on the plate",
            "findings": findings,
        }
        return AnalysisIn.model_validate(given | values)

    def analysis(
        self,
        sample: Sample,
        technique: Technique = Technique.TLC,
        *names: str,
        actor: Actor | None = None,
        **values: Any,
    ) -> Analysis:
        """As :meth:`analysis_in`, recorded by the chemist (or ``actor``)."""
        data = self.analysis_in(technique, *names, **values)
        return record_analysis(self.session, actor=actor or self.chemist, sample_id=sample.id, data=data)

    def submitted(self, sample: Sample) -> Result:
        """A result of everything the sample has, before the verifier."""
        draft = draft_result(self.session, actor=self.chemist, sample_id=sample.id)
        return submit(self.session, actor=self.chemist, result_id=draft.id)
