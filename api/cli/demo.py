"""``drugcheck demo``: one sample through the whole house, on a drawn plate or on any picture."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.cli.console import EXIT_FAILED, err, fail, out, print_json
from api.demo.network import PASSWORD
from api.demo.run import STEPS, FolderTakenError, walk
from api.demo.story import StepFailedError, Story, Told
from lab.errors import InvalidError, LabError
from templates.i18n import translator

FOLDER = Path("data/demo")


def demo(
    image: Annotated[
        Path | None, typer.Option(help="A picture of a plate; without one the demo draws its own.")
    ] = None,
    folder: Annotated[
        Path, typer.Option(help="Where to leave the lab and its files; what an earlier demo left there goes.")
    ] = FOLDER,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object with the outcome of each step.")] = False,
    if_missing: Annotated[bool, typer.Option(help="Do nothing when the demo lab is there already.")] = False,
) -> None:
    """Walk the main job once: registered, handed over, read, verified, called back, warned of, proved."""
    if if_missing and (folder / "lab" / "lab.sqlite").exists():
        return
    told: list[Told] = []
    story, problem = _walk(folder, None if image is None else _picture(image), told, quiet=as_json)
    if as_json:
        print_json(_document(told, story, problem))
    elif story is not None:
        _farewell(story)
    if problem is not None:
        if not as_json:
            fail(problem[0], code=problem[1])
        raise SystemExit(problem[1])


def _picture(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.")


def _walk(
    folder: Path, picture: bytes | None, told: list[Told], *, quiet: bool
) -> tuple[Story | None, tuple[str, int] | None]:
    table = Table("", "step", "outcome", "s", title="Drugcheck demo", title_justify="left", show_lines=False)

    def tell(one: Told) -> None:
        told.append(one)
        table.add_row(str(len(told)), one.step.title, one.outcome, f"{one.seconds:.1f}")

    problem = None
    story = None
    try:
        with err.status("Walking one sample through the house …"):
            story = walk(folder, picture, tell=tell)
    except FolderTakenError as error:
        fail(str(error))
    except StepFailedError as error:
        problem = (f"Step “{STEPS[len(told)].title}” did not happen: {error}", EXIT_FAILED)
    except LabError as error:
        sentence = translator("en").text(error.message.id, **error.message.params)
        bad_input = isinstance(error, InvalidError)
        problem = (f"Step “{STEPS[len(told)].title}”: {sentence}", 2 if bad_input else EXIT_FAILED)
    if not quiet:
        out.print(table)
    return story, problem


def _document(told: list[Told], story: Story | None, problem: tuple[str, int] | None) -> dict[str, object]:
    steps = [
        {
            "id": one.step.id,
            "title": one.step.title,
            "ok": True,
            "outcome": one.outcome,
            "seconds": round(one.seconds, 2),
        }
        for one in told
    ]
    if problem is not None and len(told) < len(STEPS):
        failed = STEPS[len(told)]
        steps.append({"id": failed.id, "title": failed.title, "ok": False, "outcome": problem[0], "seconds": None})
    return {
        "schema": "demo/1",
        "ok": problem is None and len(told) == len(STEPS),
        "steps": steps,
        "files": {name: str(path) for name, path in story.files.items()} if story else {},
    }


def _farewell(story: Story) -> None:
    out.print(f"Files in [bold]{story.folder}[/bold]: {', '.join(sorted(story.files))}")
    bundle, key = story.files["custody.json"], story.files["custody.pub"]
    out.print(f"Check the custody offline: drugcheck custody verify {bundle} --key {key}")
    out.print("Open the lab in a browser: [bold]make run[/bold], then http://127.0.0.1:8000")
    out.print(f"Sign in as worker@demo.example, chemist@demo.example, … with the password [bold]{PASSWORD}[/bold]")
