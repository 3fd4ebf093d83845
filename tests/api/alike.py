"""Tickets that open nothing, each for a reason of its own, and what is needed to tell two series of times apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlmodel import Session, select

from api.auth.limits import RateLimiter
from api.state import AppState
from lab.kit.clock import frozen, now, today
from lab.labels import service as labels
from lab.library.models import Substance
from lab.network.access import Actor
from lab.network.models import Role
from lab.results import service as results
from lab.results.models import Outcome, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.samples import service as samples
from lab.samples import tickets
from lab.samples.models import Sample, Ticket
from lab.samples.schemas import SampleIn
from tests.network import Network

WAYS = ("page", "json")


class Unlimited(RateLimiter):
    """Thousands of tries from one address: only here."""

    def allow(self, limit: str, bucket: str, client: str) -> bool:
        return True


def ask(client: TestClient, way: str, ticket: str) -> tuple[int, bytes, dict[str, str]]:
    """Look a ticket up, on the page or over JSON: status, body and headers."""
    if way == "page":
        answer = client.post("/lookup?lang=nl", data={"ticket": ticket})
    else:
        answer = client.post("/api/v1/lookup", json={"ticket": ticket, "language": "nl"})
    return answer.status_code, answer.content, dict(answer.headers)


@dataclass(frozen=True)
class Tickets:
    """One token of each kind that opens nothing, and the sample that is not ready."""

    by_kind: dict[str, str]
    not_ready: Sample


def make_tickets(state: AppState, network: Network) -> Tickets:
    """The one that is not ready has all that work leaves behind: analyses, findings, a submitted draft."""
    with state.database.session() as session:
        not_ready, waiting = _register(session, network)
        _work_on(session, network, not_ready)
        revoked_sample, revoked = _register(session, network)
        tickets.revoke_tickets(session, sample_id=revoked_sample.id)
        with frozen(now() - timedelta(days=tickets.VALID_DAYS + 1)):
            _, expired = _register(session, network)
        pairs = labels.print_batch(
            session, actor=network.actors["worker"], site_id=network.sites["north"].id, format="L7163", sheets=1,
            language="fr", with_tickets=True,
        )  # fmt: skip
    return Tickets(
        {
            "unknown": tickets.new_token(), "not_ready": waiting, "revoked": revoked, "expired": expired,
            "stillborn": pairs.tokens[0],
        },
        not_ready,
    )  # fmt: skip


def _register(session: Session, network: Network) -> tuple[Sample, str]:
    data = SampleIn(site_id=network.sites["north"].id, consent_analyse=True, mass_mg=80)
    done = samples.register(session, actor=network.actors["worker"], data=data)
    assert done.ticket is not None
    return done.sample, done.ticket


def _work_on(session: Session, network: Network, sample: Sample) -> None:
    here = network.sites["north"].id  # analysed where it came in
    chemist = Actor(network.accounts["chemist"].id, frozenset({(None, Role.CHEMIST)}))
    caffeine = Substance(name="caffeine", substance_class="stimulant", source="made for a test")
    session.add(caffeine)
    session.flush()
    for technique in (Technique.TLC, Technique.FTIR, Technique.GCMS):
        analysis = AnalysisIn(
            site_id=here, technique=technique, method_version="1", performed_on=today(),
            outcome=Outcome.DETECTED, detection_limit_note="5 %", findings=[FindingIn(substance_id=caffeine.id)],
        )  # fmt: skip
        results.record_analysis(session, actor=chemist, sample_id=sample.id, data=analysis)
    drafted = results.draft_result(session, actor=chemist, sample_id=sample.id)
    results.submit(session, actor=chemist, result_id=drafted.id)


def tickets_of(session: Session, sample: Sample) -> Sequence[Ticket]:
    return session.exec(select(Ticket).where(Ticket.sample_id == sample.id)).all()


def share_slower(first: Sequence[float], second: Sequence[float]) -> float:
    """How often a time of ``first`` exceeds one of ``second``, ties by half: 0.5 for two series that are alike.

    The Mann-Whitney statistic as a share (Mann and Whitney, 1947): it needs no shape of the distribution, and no
    single slow answer decides it. For two alike series of n each its standard error is about sqrt(1 / (6 n)).
    """
    ranked = sorted([(time, 0) for time in first] + [(time, 1) for time in second])
    below, wins, index = 0, 0.0, 0
    while index < len(ranked):
        end = index
        while end < len(ranked) and ranked[end][0] == ranked[index][0]:
            end += 1
        tied = [kind for _, kind in ranked[index:end]]
        ours, theirs = tied.count(0), tied.count(1)
        wins += ours * (below + theirs / 2)
        below += theirs
        index = end
    return wins / (len(first) * len(second))
