"""How long a look-up takes tells nothing: over many shuffled tries, unknown and not-ready tickets are alike."""

import math
import random
import time
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import pytest
from fastapi.testclient import TestClient

from api.state import AppState
from lab.results import lookup
from lab.samples.tickets import new_token
from tests.api.alike import WAYS, Tickets, Unlimited, ask, make_tickets, share_slower
from tests.api.application import application_on
from tests.network import Network

ERRORS = 4.5  # standard errors: alike series exceed this about once in 150,000 runs


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The embedded default: the statement is one on both, and the figures are of one machine in any case."""
    return sqlite_url


@pytest.fixture
def closed(state: AppState, network: Network) -> Tickets:
    return make_tickets(state, network)


@pytest.fixture
def asking(state: AppState, closed: Tickets) -> Iterator[TestClient]:
    with TestClient(application_on(replace(state, limiter=Unlimited("memory://")))) as client:
        yield client


def timed(client: TestClient, way: str, tickets: dict[str, list[str]], rng: random.Random) -> dict[str, list[float]]:
    """The time of each look-up, in an order that is shuffled, so that what slows the machine slows both."""
    tries = [(kind, ticket) for kind, series in tickets.items() for ticket in series]
    rng.shuffle(tries)
    for _, ticket in tries[:20]:
        ask(client, way, ticket)
    times: dict[str, list[float]] = {kind: [] for kind in tickets}
    for kind, ticket in tries:
        start = time.perf_counter()
        ask(client, way, ticket)
        times[kind].append(time.perf_counter() - start)
    return times


def tell_apart(client: TestClient, closed: Tickets, way: str, n: int) -> tuple[float, float]:
    """How far from alike unknown and not-ready tickets are: in standard errors, and as a ratio of medians."""
    series = {"unknown": [new_token() for _ in range(n)], "not_ready": [closed.by_kind["not_ready"]] * n}
    times = timed(client, way, series, random.Random(2026))  # noqa: S311 -- an order, not a secret
    share = share_slower(times["not_ready"], times["unknown"])
    ratio = median(times["not_ready"]) / median(times["unknown"])
    print(f"{way}: {2 * n} tries, not ready slower in {share:.3f} of pairs, medians 1 : {ratio:.3f}")  # noqa: T201 -- a measured figure
    return abs(share - 0.5) / math.sqrt(1 / (6 * n)), ratio


@pytest.mark.parametrize("way", WAYS)
def test_unknown_and_not_ready_take_the_same_time(asking: TestClient, closed: Tickets, way: str) -> None:
    errors, ratio = tell_apart(asking, closed, way, 60)
    assert errors < ERRORS
    assert 1 / 2 < ratio < 2


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS)
def test_two_thousand_tries_tell_nothing(asking: TestClient, closed: Tickets, way: str) -> None:
    errors, ratio = tell_apart(asking, closed, way, 1000)
    assert errors < ERRORS
    assert 0.9 < ratio < 1.1


def test_a_look_up_that_worked_longer_for_a_known_ticket_would_be_found(
    asking: TestClient, closed: Tickets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this guards against: looking at the answers of a sample once its ticket is known."""
    asked = lookup.gate
    ordinary = median(timed(asking, "json", {"": [new_token() for _ in range(10)]}, random.Random(1))[""])  # noqa: S311 -- as above

    def telling(session: object, *, token: str) -> lookup.Gate:
        opened = asked(session, token=token)  # type: ignore[arg-type]  # handed on as it came
        if token == closed.by_kind["not_ready"]:
            time.sleep(ordinary)
        return opened

    monkeypatch.setattr(lookup, "gate", telling)
    errors, ratio = tell_apart(asking, closed, "json", 40)
    assert errors > ERRORS
    assert ratio > 1.3


def test_the_statistic_is_that_of_mann_and_whitney() -> None:
    assert share_slower([1, 2, 3], [1, 2, 3]) == 0.5
    assert share_slower([4, 5], [1, 2, 3]) == 1.0
    assert share_slower([1, 2], [2, 3]) == pytest.approx((0 + 0 + 0.5 + 0) / 4)
