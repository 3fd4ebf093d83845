"""``drugcheck plate``: read, draw, judge, match and compare plates, without a database."""

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import fail, out, print_json
from api.cli.plate_tables import benchmark_table, comparison_table, match_table, print_reading
from api.plate_drawing import drawn_over
from templates.i18n import translator
from templates.pdf import render_png
from tlc_analysis.analyse import analyse as read_plates
from tlc_analysis.benchmark import PictureScore, measure, row, summarise
from tlc_analysis.benchmark_truth import TruePicture, read_truth
from tlc_analysis.compare import compare as set_side_by_side
from tlc_analysis.compare import to_json as comparison_to_json
from tlc_analysis.errors import PlateError
from tlc_analysis.hints_json import read_hints
from tlc_analysis.library import read_library
from tlc_analysis.match import MatchSettings, match_spots, spots_from_json
from tlc_analysis.match import to_json as match_to_json
from tlc_analysis.model import Hints, Illumination
from tlc_analysis.quietly import without_native_output
from tlc_analysis.serialise import from_json, to_json
from tlc_analysis.synthetic import SyntheticPlate, Tier, blank_spec, random_spec, render

app = typer.Typer(help="Plates: read a picture, draw synthetic ones, match spots.", no_args_is_help=True)

DRAWINGS = {".svg", ".png"}
PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".heic"}
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Light = Annotated[Illumination | None, typer.Option(help="The light the picture was taken under.")]


@app.command()
def analyse(
    image: Annotated[Path, typer.Argument(help="The picture.")],
    *,
    illumination: Light = None,
    hints: Annotated[Path | None, typer.Option(help="A JSON file with what you know: corners, lines, lanes.")] = None,
    drawing: Annotated[Path | None, typer.Option("--out", help="Also draw the reading over it: .svg or .png.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure the plates on a picture, as far as Rf."""
    if drawing is not None and drawing.suffix.lower() not in DRAWINGS:
        fail(f"{drawing} must end in .svg or .png.")
    given = _hints(hints)
    content = _bytes(image)
    try:
        with without_native_output():
            reading = read_plates(content, illumination=illumination, hints=given)
    except PlateError as error:
        fail(str(error))
    if drawing is not None:
        _draw_over(drawing, content, to_json(reading))
    if as_json:
        print_json(to_json(reading))
    else:
        print_reading(reading)


@app.command(name="render")
def render_plates(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder for the pictures and their truth.")],
    *,
    tier: Annotated[Tier, typer.Option(help="How hard: a flat scan, a phone photograph, or worse.")] = "scan",
    illumination: Annotated[Illumination, typer.Option(help="The light.")] = "uv254",
    seed: Annotated[int, typer.Option(min=0, help="The first plate's seed; the same seed draws the same plate.")] = 1,
    count: Annotated[int, typer.Option(min=1, help="How many plates.")] = 1,
    blank: Annotated[bool, typer.Option("--blank", help="Plates without any substance.")] = False,
) -> None:
    """Draw synthetic plates whose truth is known: NAME.png or NAME.jpg with NAME.truth.json."""
    try:
        out_folder.mkdir(parents=True, exist_ok=True)
        for number in range(seed, seed + count):
            drawn = _draw(tier, illumination, number, blank=blank)
            name = f"{tier}-{illumination}-{'blank-' if blank else ''}{number:04d}"
            (out_folder / f"{name}{drawn.suffix}").write_bytes(drawn.image)
            (out_folder / f"{name}.truth.json").write_text(json.dumps(drawn.truth), encoding="utf-8")
    except OSError as error:
        fail(f"Cannot write to {out_folder}: {error.strerror}.")
    out.print(f"{count} plates are in {out_folder}.", markup=False)


@app.command()
def benchmark(
    folder: Annotated[Path | None, typer.Argument(help="Pictures with NAME.truth.json, or one truth.json.")] = None,
    *,
    tier: Annotated[Tier | None, typer.Option(help="Judge on freshly drawn plates of this tier instead.")] = None,
    illumination: Light = None,
    seed: Annotated[int, typer.Option(min=0, help="The first drawn plate's seed.")] = 1000,
    count: Annotated[int, typer.Option(min=1, help="How many drawn plates per light.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Say how well plates are read: found, invented, Rf error, honesty of the uncertainty, lanes, time."""
    if (folder is None) == (tier is None):
        fail("Give either a folder with pictures and their truth, or --tier.")
    if folder is not None:
        scores = _judge(_pictures(folder))
    else:
        lights = [illumination] if illumination else ["uv254", "uv366", "visible"]
        drawn = ((light, number) for light in lights for number in range(seed, seed + count))
        scores = _judge((p.image, read_truth(p.truth)[0]) for p in (_draw(tier, *d, blank=False) for d in drawn))
    rows = [*summarise(scores), row("all", scores)]
    if as_json:
        pictures = [dataclasses.asdict(score) for score in scores]
        print_json({"schema": "plate-benchmark/1", "rows": [dataclasses.asdict(r) for r in rows], "pictures": pictures})
    else:
        out.print(benchmark_table(rows))


@app.command()
def match(
    reading: Annotated[Path, typer.Argument(help="A plate-reading/1 file.")],
    *,
    system: Annotated[str, typer.Option(help="The system (mobile phase) the plate was run in.")],
    library: Annotated[Path, typer.Option(help="CSV: substance,system,hrf,sd_hrf,n,kind.")],
    unknown_prior: Annotated[
        float, typer.Option(min=0.001, max=0.999, help="Share of spots expected not to be in the library.")
    ] = MatchSettings().unknown_prior,
    as_json: AsJson = False,
) -> None:
    """Say which substances of a library each spot is compatible with, and how probable each is."""
    try:
        spots = spots_from_json(_json(reading))
        entries = read_library(_text(library))
        matches = match_spots(spots, entries, system=system, settings=MatchSettings(unknown_prior=unknown_prior))
    except PlateError as error:
        fail(str(error))
    if as_json:
        print_json(match_to_json(matches))
    else:
        out.print(match_table(matches))


@app.command()
def compare(
    before: Annotated[Path, typer.Argument(help="The earlier plate-reading/1 file.")],
    after: Annotated[Path, typer.Argument(help="The later one.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Set two readings side by side: spots lost, appeared, moved."""
    try:
        comparison = set_side_by_side(from_json(_json(before)), from_json(_json(after)))
    except PlateError as error:
        fail(str(error))
    if as_json:
        print_json(comparison_to_json(comparison))
    else:
        out.print(comparison_table(comparison))


def _draw_over(path: Path, picture: bytes, reading: dict[str, Any]) -> None:
    svg = drawn_over(picture, reading, translator("en"))
    try:
        path.write_bytes(render_png(svg) if path.suffix.lower() == ".png" else svg.encode())
    except OSError as error:
        fail(f"Cannot write {path}: {error.strerror}.")


def _draw(tier: Any, illumination: Any, seed: int, *, blank: bool) -> SyntheticPlate:
    spec = (blank_spec if blank else random_spec)(tier, illumination, seed)
    return render(spec, seed=seed)


def _judge(pictures: Any) -> tuple[PictureScore, ...]:
    try:
        return measure(pictures, read_plates)
    except PlateError as error:
        fail(str(error))


def _pictures(folder: Path) -> list[tuple[bytes, TruePicture]]:
    if not folder.is_dir():
        fail(f"{folder} is not a folder.")
    truths = [truth for file in sorted(folder.glob("*truth.json")) for truth in _truths(file)]
    found = [(folder / truth.name, truth) for truth in truths if (folder / truth.name).is_file()]
    if not found:
        fail(f"{folder} holds no picture with a truth beside it (NAME.truth.json, or one truth.json).")
    return [(_bytes(path), truth) for path, truth in found]


def _truths(file: Path) -> tuple[TruePicture, ...]:
    stem = file.name.removesuffix(".truth.json")
    beside = [p.name for p in sorted(file.parent.glob(f"{stem}.*")) if p.suffix.lower() in PICTURES]
    try:
        return read_truth(_json(file), name=beside[0] if beside else stem)
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        fail(f"{file} is not a truth file that can be read: {error}.")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        fail(f"There is no file {path}.")
    except IsADirectoryError:
        fail(f"{path} is a folder, not a file.")
    except OSError as error:
        fail(f"{path} cannot be read: {error.strerror}.")


def _text(path: Path) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{path} is not a text file in UTF-8.")


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:  # ValueError: also a number of more digits than Python reads
        fail(f"{path} is not JSON: {error}.")


def _hints(path: Path | None) -> Hints | None:
    if path is None:
        return None
    try:
        return read_hints(_json(path))
    except PlateError as error:
        fail(str(error))
