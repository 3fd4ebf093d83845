"""The steps of the demo in their order, and the walk through them."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from api import migrations
from api.app import compose
from api.demo import bench, counter, feeds, proof, warning
from api.demo.plate import draw_demo_plate
from api.demo.story import Step, Story, Told
from api.settings import Settings

STEPS: tuple[Step, ...] = (
    Step("network", "Network and library", counter.open_network),
    Step("subscribe", "Emergency department subscribes", warning.subscribe),
    Step("register", "Worker registers", counter.register),
    Step("hand_over", "Sealed and handed over", counter.seal_and_hand_over),
    Step("receive", "Laboratory receives", counter.receive),
    Step("picture", "Chemist photographs the plate", bench.take_picture),
    Step("read", "The plate is read", bench.read_plate),
    Step("match", "Matched with the library", bench.interpret_plate),
    Step("tlc", "Chemist concludes on TLC", bench.record_tlc),
    Step("gcms", "GC-MS is imported", bench.import_gcms),
    Step("submit", "Chemist submits", bench.submit),
    Step("call_back_opens", "Call-back opens", warning.look_at_task),
    Step("call_back", "Worker calls back", warning.call_back),
    Step("verify", "Second person verifies", bench.verify),
    Step("report", "Answer is reported", bench.report),
    Step("draft", "Alert is drafted and graded", warning.draft),
    Step("approve", "Second person approves", warning.approve),
    Step("deliver", "Subscriber receives", warning.deliver),
    Step("feeds", "CAP and Atom", feeds.publish),
    Step("custody", "Custody is proved", proof.prove_custody),
)


MARK = ".drugcheck-demo"
"""The file that says that a folder is the demo's own, to be emptied by the next one."""


class FolderTakenError(Exception):
    """The folder named holds something that no demo left there, or cannot be one; the message says so."""


def _empty(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
            raise FolderTakenError(f"{folder} holds files that no demo left there. Name another folder, or empty it.")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / MARK).write_text("Emptied by the next demo.\n", encoding="utf-8")
    except OSError as error:
        raise FolderTakenError(f"{folder} cannot be the demo's folder: {error.strerror}.") from error


def demo_settings(folder: Path, base: Settings) -> Settings:
    """The settings of the lab in ``folder``: embedded, an exercise, its mail in a folder."""
    return Settings(
        data_dir=folder / "lab",
        mail_folder=folder / "lab" / "mail",
        mail_from="alerts@demo.example",
        network_name="Drugcheck demo",
        base_url=base.base_url,
        database_url=None,
        files=None,
        signing_key=None,
        token_key=None,
        default_language="en",
        exercise=True,
    )


def walk(folder: Path, picture: bytes | None, *, tell: Callable[[Told], None]) -> Story:
    """Walk every step in an emptied ``folder``; ``tell`` hears of each one that happened.

    ``picture``: any plate picture; None draws one. Raises :class:`FolderTakenError`, and what the first step that
    does not happen raises.
    """
    _empty(folder)
    state = compose(demo_settings(folder, Settings()))
    story = Story(
        state=state,
        folder=folder,
        picture=draw_demo_plate().image if picture is None else picture,
        drawn=picture is None,
    )
    try:
        migrations.upgrade(state.database.engine)
        for step in STEPS:
            started = time.monotonic()
            outcome = step.run(story)
            tell(Told(step, outcome, time.monotonic() - started))
    finally:
        state.database.dispose()
    return story
