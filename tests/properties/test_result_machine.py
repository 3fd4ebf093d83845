"""Random walks through the life of answers: what the rules allow happens, everything else changes nothing.

The rules are written here a second time, by hand, so that a slip in the table shows. ``make soak`` walks 10,000 times
on each database (``DRUGCHECK_SOAK_WALKS``).
"""

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from uuid import UUID

import pytest
from sqlmodel import Session, col, select

from lab.errors import LabError
from lab.kit.db import Database
from lab.network.access import Actor
from lab.network.models import Account, Role, Site, SiteType
from lab.results import service
from lab.results.errors import OwnWorkError
from lab.results.machine import TABLE, actions_from
from lab.results.models import (
    Abundance,
    Analysis,
    Evidence,
    Finding,
    FindingRole,
    Outcome,
    Result,
    ResultAction,
    ResultState,
    Technique,
)
from lab.samples.codes import random_body, with_check
from lab.samples.models import Sample

STEPS = 14
BATCH = 250  # walks between two roll-backs
SOAK_WALKS = int(os.environ.get("DRUGCHECK_SOAK_WALKS", "10000"))
TEXTS = {"fr": "Réponse.", "nl": "Antwoord.", "en": "Answer."}
S, A = ResultState, ResultAction
# By hand from DESIGN.md: from which state, by whom, to which state.
BENCH, CHECK = {Role.CHEMIST, Role.VERIFIER}, {Role.VERIFIER}
RULES = {
    (S.DRAFT, A.REVISE): (BENCH, S.DRAFT),
    (S.DRAFT, A.SUBMIT): (BENCH, S.SUBMITTED),
    (S.SUBMITTED, A.RETURN): (CHECK, S.DRAFT),
    (S.SUBMITTED, A.VERIFY): (CHECK, S.VERIFIED),
    (S.SUBMITTED, A.RELEASE_PRELIMINARY): (BENCH, S.SUBMITTED),
    (S.VERIFIED, A.REPORT): (BENCH, S.REPORTED),
    (S.VERIFIED, A.AMEND): (BENCH, S.VERIFIED),
    (S.REPORTED, A.AMEND): (BENCH, S.REPORTED),
    (S.VERIFIED, A.RETRACT): (CHECK, S.RETRACTED),
    (S.REPORTED, A.RETRACT): (CHECK, S.RETRACTED),
}
ACTIONS = [action for action in A if action is not A.SUPERSEDE]


@dataclass
class Version:
    """What the walk knows of one version."""

    id: UUID
    authors: set[UUID]
    follows: "Version | None" = None
    state: ResultState = S.DRAFT
    preliminary: bool = False
    moves: int = 0


@dataclass
class World:
    """A laboratory with people, in one database."""

    session: Session
    site: Site
    laboratory: Site
    people: dict[UUID, Role] = field(default_factory=dict)

    def actor(self, account_id: UUID) -> Actor:
        return Actor(account_id, frozenset({(self.laboratory.id, self.people[account_id])}))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """People of every relevant role; two of each that may verify. Nothing is ever committed."""
    database = Database(request.getfixturevalue(f"{request.param}_url"))
    with Session(database.engine, expire_on_commit=False) as session:
        site = Site(name="Counter", type=SiteType.FIXED, area="Namur", allows_preliminary=True)
        laboratory = Site(name="Bench", type=SiteType.LABORATORY, area="Brussels")
        roles = [Role.WORKER, Role.CHEMIST, Role.CHEMIST, Role.VERIFIER, Role.VERIFIER]
        accounts = [Account(email=f"{number}@example.org", display_name="x") for number in range(len(roles))]
        session.add_all([site, laboratory, *accounts])
        session.flush()
        people = {account.id: role for account, role in zip(accounts, roles, strict=True)}
        yield World(session, site, laboratory, people)
        session.rollback()
    database.dispose()


class Walk:
    """One sample, and random people doing random things to its answer."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.session, self.seed = world, world.session, seed
        self.dice = random.Random(seed)  # noqa: S311 -- no secret
        self.bench = [account for account, role in world.people.items() if role in BENCH]
        self.versions: list[Version] = []
        self.found_by: set[UUID] = set()
        self.sample = Sample(
            code=with_check(random_body(8)), site_id=world.site.id, registered_by=self.bench[0],
            collected_on=date(2026, 7, 1), area="Namur", consent_text_version="1", consent_language="fr",
        )  # fmt: skip
        self.session.add(self.sample)
        self.session.flush()
        self.analyse()

    def analyse(self) -> None:
        """Somebody at the bench runs something, and somebody, perhaps another, accepts a finding from it."""
        operator, finder = self.dice.choice(self.bench), self.dice.choice(self.bench)
        analysis = Analysis(
            sample_id=self.sample.id, site_id=self.world.laboratory.id, technique=Technique.TLC, method_version="1",
            operator_id=operator, performed_on=date(2026, 7, 2), outcome=Outcome.DETECTED, detection_limit_note="1 µg",
        )  # fmt: skip
        self.session.add(analysis)
        self.session.flush()
        self.session.add(
            Finding(
                analysis_id=analysis.id,
                substance_class="opioid",
                role=FindingRole.ACTIVE_UNEXPECTED,
                abundance=Abundance.INDICATED,
                evidence=Evidence.PRESUMPTIVE,
                created_by=finder,
            )
        )
        self.session.flush()
        self.found_by |= {operator, finder}

    def go(self) -> None:
        for _ in range(STEPS):
            who = self.dice.choice(list(self.world.people))
            roll = self.dice.random()
            if not self.versions or roll < 0.08:
                self.draft(who)
            elif roll < 0.14:
                self.analyse()
            else:
                self.act(who, self.dice.choice(self.versions[-2:]), self.choose())
            self.check()

    def choose(self) -> ResultAction:
        """Half of the time something that the newest version allows, so that walks get anywhere."""
        open_ways = actions_from(self.versions[-1].state)
        return self.dice.choice(open_ways if open_ways and self.dice.random() < 0.5 else ACTIONS)

    def draft(self, who: UUID) -> None:
        states = {version.state for version in self.versions}
        allowed = self.world.people[who] in BENCH and not states & {S.DRAFT, S.SUBMITTED, S.VERIFIED, S.REPORTED}
        result = self.attempt(
            allowed, lambda: service.draft_result(self.session, actor=self.world.actor(who), sample_id=self.sample.id)
        )
        if result is not None:
            self.versions.append(Version(result.id, {who, *self.found_by}, follows=self.newest()))

    def newest(self) -> Version | None:
        return self.versions[-1] if self.versions else None

    def act(self, who: UUID, version: Version, action: ResultAction) -> None:
        result = self.attempt(self.allows(who, version, action), lambda: self.call(who, version, action))
        if result is None:
            return
        version.state, version.moves = RULES[version.state, action][1], version.moves + 1
        if action in {A.SUBMIT, A.REVISE}:
            version.authors.add(who)
        if action is A.REVISE:  # by default it rests on all there is by now
            version.authors |= self.found_by
        elif action is A.RELEASE_PRELIMINARY:
            version.preliminary = True
        elif action is A.AMEND:
            self.versions.append(Version(result.id, {who, *self.found_by}, follows=version))
        elif action is A.VERIFY and version.follows and version.follows.state in {S.VERIFIED, S.REPORTED}:
            version.follows.state, version.follows.moves = S.AMENDED, version.follows.moves + 1

    def allows(self, who: UUID, version: Version, action: ResultAction) -> bool:
        roles, _ = RULES.get((version.state, action), (set(), None))
        if self.world.people[who] not in roles:
            return False
        if action is A.VERIFY:
            return who not in version.authors
        if action is A.AMEND:
            return not any(other.state in {S.DRAFT, S.SUBMITTED} for other in self.versions)
        return not (action is A.RELEASE_PRELIMINARY and version.preliminary)

    def call(self, who: UUID, version: Version, action: ResultAction) -> Result:
        functions: dict[ResultAction, Callable[..., Result]] = {
            A.REVISE: service.revise_draft,
            A.SUBMIT: service.submit,
            A.VERIFY: service.verify,
            A.RETURN: partial(service.send_back, reason="look again"),
            A.RELEASE_PRELIMINARY: partial(service.release_preliminary, texts=TEXTS),
            A.REPORT: partial(service.report, texts=TEXTS),
            A.AMEND: partial(service.amend, reason="more is known"),
            A.RETRACT: partial(service.retract, reason="mix-up"),
        }
        return functions[action](self.session, actor=self.world.actor(who), result_id=version.id)

    def attempt(self, allowed: bool, do: Callable[[], Result]) -> Result | None:
        """The result of what should be done; None where it should be refused, and was."""
        try:
            result = do()
        except LabError as error:
            refused: LabError | None = error
        else:
            refused = None
        assert (refused is None) is allowed, f"walk {self.seed}: {refused or 'was let through'}"
        return None if refused else result

    def check(self) -> None:
        rows = self.session.exec(  # columns alone: what the database has, not what the session remembers
            select(Result.state, Result.verified_by)
            .where(Result.sample_id == self.sample.id)
            .order_by(col(Result.version))
        ).all()
        assert [row.state for row in rows] == [version.state for version in self.versions], self.seed
        assert sum(row.state in {S.VERIFIED, S.REPORTED} for row in rows) <= 1
        assert sum(row.state in {S.DRAFT, S.SUBMITTED} for row in rows) <= 1
        for row, version in zip(rows, self.versions, strict=True):
            assert row.verified_by is None or row.verified_by not in version.authors, self.seed

    def finish(self) -> None:
        for version in self.versions:
            moves = service.transitions_of(self.session, result_id=version.id)
            assert len(moves) == version.moves
            states = [S.DRAFT, *(move.to_state for move in moves)]
            assert [move.from_state for move in moves] == states[:-1]
            assert states[-1] is version.state
        self.session.expunge_all()


def walk(world: World, *, times: int) -> None:
    """That many walks. Each batch is undone: ten thousand in one transaction would slow each other down."""
    seeds = random.SystemRandom()
    for first in range(0, times, BATCH):
        with world.session.begin_nested() as batch:
            for _ in range(first, min(first + BATCH, times)):
                one = Walk(world, seeds.getrandbits(32))
                one.go()
                one.finish()
            batch.rollback()


def test_random_walks_go_where_the_rules_lead(world: World) -> None:
    walk(world, times=25)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_random_walks(world: World) -> None:
    walk(world, times=SOAK_WALKS)


def test_the_table_says_what_the_rules_say() -> None:
    stated = {(step.state, step.action): step.next for step in TABLE if step.action is not A.SUPERSEDE}
    assert stated == {key: target for key, (_, target) in RULES.items()}


def test_an_author_is_told_why(world: World) -> None:
    one = Walk(world, 1)
    one.session.flush()
    author = next(account for account, role in world.people.items() if role is Role.VERIFIER)
    draft = service.draft_result(one.session, actor=world.actor(author), sample_id=one.sample.id)
    service.submit(one.session, actor=world.actor(author), result_id=draft.id)
    with pytest.raises(OwnWorkError):
        service.verify(one.session, actor=world.actor(author), result_id=draft.id)
