"""At the bench: a plate, its reading, what it is compatible with, another technique, and a checked answer."""

from typing import Any

from sqlmodel import Session, select

from api.answers import proposed_texts, view_of
from api.demo import plate as demo_plate
from api.demo.files import as_json
from api.demo.network import LABORATORY
from api.demo.story import StepFailedError, Story
from api.plate_drawing import drawn_over
from api.reports import report_pdf
from lab.custody import service as custody
from lab.kit.clock import today
from lab.library import service as library
from lab.plates import queries, readings
from lab.plates import service as plates
from lab.plates.interpretation import Interpretation, SpotReading, interpret
from lab.plates.models import LaneKind, PictureState, Reading
from lab.plates.sandbox import ReaderError, read_plates
from lab.plates.schemas import LaneIn, PlateIn
from lab.results import imports, service
from lab.results.models import ConfirmationRequest, ConfirmationState, Outcome, ResultState, Technique
from lab.results.schemas import AnalysisIn, FindingIn
from lab.results.wording import Audience
from lab.samples.codes import format_code
from templates.i18n import LANGUAGES, translator
from templates.pdf import render_png

TLC_USE_MG = 5.0
MAX_LANES = 40
TLC_LIMIT = "TLC with UV 254 nm: fentanyls and nitazenes act below what it shows"
GCMS_LIMIT = "GC-MS, full scan: as validated by the laboratory that reports it"
GCMS_METHOD = "GC-MS full scan (imported exercise)"
FOUND_BY_GCMS = ("diazepam", "protonitazene")


def take_picture(story: Story) -> str:
    """Lay out the plate and drop the picture in; its metadata stay outside."""
    with story.session() as session:
        chemist = story.actor("chemist")
        system = library.get_system(session, code=demo_plate.SYSTEM)
        data = PlateIn(site_id=story.site(LABORATORY).id, system_id=system.id, lanes=_layout(story))
        laid_out = plates.create_plate(session, actor=chemist, data=data)
        picture = plates.add_picture(
            session, story.state.files, actor=chemist, plate_id=laid_out.id, content=story.picture
        )
        story.keys |= {"plate": laid_out.id, "picture": picture.id}
        number, size = laid_out.number, picture.size_bytes
    laid = f"plate {number} in system {demo_plate.SYSTEM}, {len(data.lanes)} lanes"
    return f"{laid}, picture of {size / 1e6:.1f} MB kept without metadata"


def _layout(story: Story) -> list[LaneIn]:
    """The demo's own plate has standards, a sample and a blank; on any other every lane is the sample's."""
    sample = LaneIn(kind=LaneKind.SAMPLE, sample_id=story.keys["sample"])
    if not story.drawn:
        return [sample] * _lanes_seen(story.picture)
    kinds = {"standard": LaneIn(kind=LaneKind.STANDARD), "sample": sample, "blank": LaneIn(kind=LaneKind.BLANK)}
    return [kinds[name] for name in demo_plate.LANES]


def _lanes_seen(picture: bytes) -> int:
    """How many lanes a chemist would lay out for this picture; one, when it cannot be told."""
    try:
        document = read_plates(picture, illumination=None, hints=None)
    except ReaderError:
        return 1
    return min(max((len(plate["lanes"]) for plate in document["plates"]), default=1) or 1, MAX_LANES)


def read_plate(story: Story) -> str:
    """The worker reads the picture, in a process with limits."""
    story.work()
    with story.session() as session:
        picture = queries.get_picture(session, actor=story.actor("chemist"), picture_id=story.keys["picture"])
        reading = readings.latest_reading(session, picture_id=picture.id)
        if picture.state is not PictureState.READ or reading is None:
            raise StepFailedError(f"the picture was not read: {translator('en').text(picture.failure or 'error.lab')}")
        story.keys["reading"] = reading.id
        document, content = reading.document, story.state.files.get(picture.file_key)
    _write_reading(story, document, content)
    found = document["plates"]
    lanes = sum(len(plate["lanes"]) for plate in found)
    spots = [spot for plate in found for lane in plate["lanes"] for spot in lane["spots"]]
    measured = sum(spot["rf"] is not None for spot in spots)
    flags = sorted({flag for plate in found for flag in plate["flags"]} | set(document["flags"]))
    told = f"{len(found)} plate, {lanes} lanes, {len(spots)} spots, {measured} with Rf"
    return told + (f"; flags: {', '.join(flags)}" if flags else "")


def _write_reading(story: Story, document: dict[str, Any], content: bytes) -> None:

    story.write("reading.json", as_json(document))
    svg = drawn_over(content, document, translator(story.language))
    story.write("plate.svg", svg.encode())
    story.write("plate.png", render_png(svg))


def interpret_plate(story: Story) -> str:
    """Match with what may speak: own standards, and corrected values that were read directly."""
    with story.session() as session:
        seen = _interpretation(session, story)
    spots = _spots(story, seen)
    if not any(spot.hrf is not None for spot in spots):
        return "no spot of the sample has an Rf: nothing is matched, and nothing is invented"
    corrected = f"corrected by {seen.standards_used} standards" if seen.corrected else "not corrected by standards"
    return f"{corrected}; " + "; ".join(_spot_told(spot) for spot in spots)


def _interpretation(session: Session, story: Story) -> Interpretation:
    return interpret(session, actor=story.actor("chemist"), reading_id=story.keys["reading"])


def _spots(story: Story, seen: Interpretation) -> list[SpotReading]:
    return [spot for lane in seen.of_sample(story.keys["sample"]) for spot in lane.spots]


def _spot_told(spot: SpotReading) -> str:
    value = spot.hrfc if spot.hrfc is not None else spot.hrf
    if value is None:
        return f"spot {spot.letter} without Rf"
    names = ", ".join(one.substance for one in spot.compatible) or "nothing in the library"
    return f"{'hRfc' if spot.hrfc is not None else 'hRf'} {value:.1f} compatible with {names}"


def record_tlc(story: Story) -> str:
    """The chemist accepts what stands alone on its spot; anything else is "unable to identify"."""
    with story.session() as session:
        chemist = story.actor("chemist")
        seen = _interpretation(session, story)
        accepted = _accepted(session, story, seen)
        readings.accept_reading(session, actor=chemist, reading_id=story.keys["reading"])
        lane = next((one.index for one in seen.of_sample(story.keys["sample"])), None)
        data = AnalysisIn(
            site_id=story.site(LABORATORY).id,
            technique=Technique.TLC,
            method_version=session.get_one(Reading, story.keys["reading"]).method_version,
            performed_on=today(),
            outcome=Outcome.DETECTED if accepted else Outcome.UNABLE_TO_IDENTIFY,
            detection_limit_note=TLC_LIMIT,
            reading_id=story.keys["reading"],
            lane_index=lane,
            findings=accepted,
        )
        analysis = service.record_analysis(
            session,
            actor=chemist,
            sample_id=story.keys["sample"],
            data=data,
            confirm_within_days=story.state.settings.confirmation_due_days,
        )
        custody.consume(session, actor=chemist, item_id=story.keys["item"], mass_mg=TLC_USE_MG, analysis_id=analysis.id)
        request = _open_request(session, story)
    if accepted:
        return f"{len(accepted)} finding accepted, presumptive; {TLC_USE_MG:g} mg booked as consumed"
    if request is None:
        raise StepFailedError("an analysis that cannot identify must open a confirmation request")
    return f"unable to identify; confirmation requested ({request.reason.value}), due {request.due_on}"


def _accepted(session: Session, story: Story, seen: Interpretation) -> list[FindingIn]:
    """What stands alone on its spot, on a plate whose standards say that the system is what it is taken for."""
    if not seen.corrected:
        return []
    names = dict.fromkeys(
        spot.compatible[0].substance for spot in _spots(story, seen) if len(spot.compatible) == 1 and not spot.in_blank
    )
    return [FindingIn(substance_id=library.find_substance(session, name=name).id) for name in names]


def _open_request(session: Session, story: Story) -> ConfirmationRequest | None:
    wanted = select(ConfirmationRequest).where(
        ConfirmationRequest.sample_id == story.keys["sample"], ConfirmationRequest.state == ConfirmationState.OPEN
    )
    return session.exec(wanted).first()


def import_gcms(story: Story) -> str:
    """What another technique found comes in as a file; every line is looked at."""
    content = gcms_csv(story.code)
    with story.session() as session:
        report = imports.import_analyses(
            session, actor=story.actor("chemist"), site_id=story.site(LABORATORY).id, content=content.encode()
        )
        if report.refused or len(report.imported) != 1:
            raise StepFailedError(f"the GC-MS file was not taken: {report.refused}")
    story.work()
    return f"{', '.join(FOUND_BY_GCMS)} by GC-MS; {len(report.refused)} lines refused"


def gcms_csv(code: str) -> str:
    """The result of the exercise's GC-MS, one line a finding."""
    header = "sample_code,technique,performed_on,method_version,outcome,detection_limit_note,substance,abundance"
    start = f'{format_code(code)},gcms,{today()},{GCMS_METHOD},detected,"{GCMS_LIMIT}"'
    return "\n".join([header, f"{start},diazepam,major", f"{start},protonitazene,minor", ""])


def submit(story: Story) -> str:
    """The answer goes to the verifier, and a dangerous one opens its call-back at once."""
    with story.session() as session:
        chemist = story.actor("chemist")
        drafted = service.draft_result(session, actor=chemist, sample_id=story.keys["sample"])
        service.submit(session, actor=chemist, result_id=drafted.id)
        story.keys["result"] = drafted.id
        view = view_of(session, result=drafted)
        told = f"{view.answer.colour.value}: {view.sentence(translator(story.language))}"
    story.work()
    return told


def verify(story: Story) -> str:
    """Another person verifies; the author cannot."""
    with story.session() as session:
        result = service.verify(session, actor=story.actor("verifier"), result_id=story.keys["result"])
        state = result.state.value
    story.work()
    return f"{state} by a second person"


def report(story: Story) -> str:
    """The answer is given out in three languages, and printed."""
    with story.session() as session:
        chemist = story.actor("chemist")
        result = service.get_result(session, actor=chemist, result_id=story.keys["result"])
        texts, professional = (proposed_texts(session, result=result, audience=reader) for reader in Audience)
        result = service.report(
            session, actor=chemist, result_id=result.id, texts=texts, professional_texts=professional
        )
        if result.state is not ResultState.REPORTED:
            raise StepFailedError(f"the result is {result.state.value}, not reported")
        pdf = report_pdf(
            session,
            files=story.state.files,
            settings=story.state.settings,
            result=result,
            language=story.language,
        )
    story.write("result.pdf", pdf)
    return f"given out in {', '.join(LANGUAGES)}; report of {len(pdf) / 1000:.0f} kB"
