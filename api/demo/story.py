"""What the steps of the demo share, and how they are walked and told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlmodel import Session

from api.demo.network import DemoNetwork
from api.state import AppState
from api.worker import make_worker
from lab.network.access import Actor
from lab.network.models import Site


@dataclass
class Story:
    """One sample on its way. Steps read what earlier steps wrote, and leave files in ``folder``."""

    state: AppState
    folder: Path
    picture: bytes
    drawn: bool  # the demo's own plate, whose layout is known
    language: str = "en"
    network: DemoNetwork | None = None
    keys: dict[str, UUID] = field(default_factory=dict)
    code: str = ""
    files: dict[str, Path] = field(default_factory=dict)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One unit of work, as a request would have."""
        with self.state.database.session() as session:
            yield session

    def actor(self, name: str) -> Actor:
        """One of the network's people."""
        if self.network is None:
            message = "the network is made in the first step"
            raise RuntimeError(message)
        return self.network.actors[name]

    def site(self, name: str) -> Site:
        """One of the network's sites."""
        if self.network is None:
            message = "the network is made in the first step"
            raise RuntimeError(message)
        return self.network.sites[name]

    def work(self) -> None:
        """Let the background work be done, by the same worker that serves a laboratory."""
        make_worker(self.state).run_until_idle()

    def write(self, name: str, content: bytes) -> None:
        """Leave a file for whoever runs the demo."""
        path = self.folder / name
        path.write_bytes(content)
        self.files[name] = path


class StepFailedError(Exception):
    """A step did not truly happen; the message says what was expected and what was there."""


@dataclass(frozen=True)
class Step:
    """One step: who does what, and the function that does it and tells its outcome in a sentence."""

    id: str
    title: str
    run: Callable[[Story], str]


@dataclass(frozen=True)
class Told:
    """A step that happened."""

    step: Step
    outcome: str
    seconds: float
