"""The proof of custody for everybody: signed checkpoints, receipts, and a page that checks a file.

No account is needed and nothing here names a person or a place. Addresses that never change their answer may be kept
by any cache, so that whoever watches the log costs nothing.
"""

from fastapi import Request
from markupsafe import Markup
from sqlmodel import Session
from starlette.responses import Response

from api.deps import ReadingDep, SessionDep, SettingsDep
from api.language import translator_of
from api.pages.forms import Form, FormDep
from api.pages.layout import show
from api.paper import PDF
from api.routing import GuardedRouter, public
from api.settings import Settings
from api.uploads import BODY_LIMIT
from lab.custody import bundle, receipts
from lab.custody.errors import CheckpointNotFoundError, NothingToExportError
from lab.custody.verification import UnreadableError, VerificationReport, verify_file
from lab.kit import ledger
from lab.kit.key_change import KeyChange
from lab.kit.messages import Message
from lab.kit.notes import NoteError, PublicKey
from templates.i18n import Translator
from templates.qr import qr_svg
from templates.receipt import ReceiptPaper, receipt_pdf

router = GuardedRouter(prefix="/proof", html=True)
FOR_EVERYBODY = public("checkpoints are for whoever watches the log; they hold two numbers and no name")
HOLDER = public("whoever holds a receipt holds its code, which cannot be guessed", limit="60/minute")
CHECK = public("anybody may check a file; nothing of it is kept", limit="20/minute")
_FRESH = {"Cache-Control": "public, max-age=300"}
TEXT, JSON = "text/plain; charset=utf-8", "application/json"


@router.get("", access=FOR_EVERYBODY)
def proof_page(request: Request, session: SessionDep) -> Response:
    """The newest checkpoint, the key that signs, and a form that checks a file."""
    return _page(request, session, Form())


def _page(
    request: Request, session: Session, form: Form, report: VerificationReport | None = None, status: int = 200
) -> Response:
    latest = ledger.latest_checkpoint(session)
    changes = [KeyChange.parse(note) for note in ledger.key_changes(session)]
    key = PublicKey.parse(latest.key_id) if latest else None
    return show(
        request, "pages/proof.html", status=status, form=form, latest=latest, key=key, changes=changes, report=report,
        said=[_sentence(translator_of(request), one.message) for one in report.problems] if report else [],
    )  # fmt: skip


def _sentence(speak: Translator, message: Message) -> str:
    return speak.text(message.id, **message.params)


@router.post("", access=CHECK)
def check(request: Request, session: ReadingDep, form: FormDep) -> Response:
    """Check an uploaded or pasted file under the key given, or under this laboratory's own."""
    speak = translator_of(request)
    content = form.files["file"].file.read() if "file" in form.files else b""
    content = content or form.get("text").strip().encode()
    latest = ledger.latest_checkpoint(session)
    try:
        key = PublicKey.parse(form.get("key")) if form.get("key").strip() else None
    except NoteError:
        return _page(request, session, form.refused({"key": speak.text("proof.key_invalid")}), status=422)
    own = PublicKey.parse(latest.key_id) if latest else None
    if not content or len(content) > BODY_LIMIT:
        return _page(request, session, form.refused({"file": speak.text("proof.nothing_to_check")}), status=422)
    try:
        report = verify_file(content, key=key or own)
    except UnreadableError:
        return _page(request, session, form.refused({"file": speak.text("proof.unreadable")}), status=422)
    return _page(request, session, form, report)


# For programs


@router.get("/checkpoint", access=FOR_EVERYBODY)
def newest(session: SessionDep) -> Response:
    """The newest checkpoint (C2SP tlog-checkpoint)."""
    latest = ledger.latest_checkpoint(session)
    if latest is None:
        raise CheckpointNotFoundError
    return Response(latest.note, media_type=TEXT, headers=_FRESH)


@router.get("/checkpoints/{size}", access=FOR_EVERYBODY)
def of_size(size: int, session: SessionDep) -> Response:
    """The checkpoint that was signed over so many entries."""
    try:
        found = bundle.checkpoint_of_size(session, size=size)
    except (NothingToExportError, OverflowError) as error:
        raise CheckpointNotFoundError from error
    return Response(found.note, media_type=TEXT, headers=_FRESH)


@router.get("/consistency/{first}/{second}", access=FOR_EVERYBODY)
def consistency(first: int, second: int, session: SessionDep) -> Response:
    """The proof that the log at one checkpoint continues the log at an earlier one."""
    try:
        made = bundle.consistency(session, first=first, second=second)
    except (NothingToExportError, OverflowError) as error:
        raise CheckpointNotFoundError from error
    return _file(bundle.bundle_bytes(made), f"consistency-{first}-{second}.json", _FRESH)


@router.get("/custody.pub", access=FOR_EVERYBODY)
def public_key(session: SessionDep) -> Response:
    """The public key that signs the log now. Compare its fingerprint with one from elsewhere."""
    latest = ledger.latest_checkpoint(session)
    if latest is None:
        raise CheckpointNotFoundError
    return Response(latest.key_id + "\n", media_type=TEXT, headers=_FRESH)


@router.get("/key-changes", access=FOR_EVERYBODY)
def key_changes(session: SessionDep) -> Response:
    """Every change of the key, as signed notes, the first one first."""
    return Response("\n".join(ledger.key_changes(session)), media_type=TEXT, headers=_FRESH)


# Receipts


@router.get("/receipts/{code}", access=HOLDER)
def receipt_page(code: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """What a receipt is over, checked here and now."""
    found = receipts.view(session, code=code)
    content = bundle.bundle_bytes(receipts.document(session, code=code))
    report = verify_file(content, key=found.key)
    return show(
        request, "pages/receipt.html", view=found, report=report, qr=receipt_qr(settings, code),
        agrees=report.verified and report.code == code,
    )  # fmt: skip


@router.get("/receipts/{code}/receipt.json", access=HOLDER)
def receipt_file(code: str, session: SessionDep) -> Response:
    """The receipt as a file for ``drugcheck custody verify``."""
    content = bundle.bundle_bytes(receipts.document(session, code=code))
    return _file(content, f"receipt-{code[:8]}.json", {})


@router.get("/receipts/{code}/receipt.pdf", access=HOLDER)
def receipt_paper(code: str, request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """The receipt on paper, with its QR code."""
    found = receipts.view(session, code=code)
    paper = ReceiptPaper(
        code=code, address=receipt_address(settings, code), network=settings.network_name, exercise=settings.exercise,
        events=[
            (event.seq, event.action, event.seal_number, event.occurred_at, event.recorded_at)
            for event in found.events
        ],
        size=found.checkpoint.size, root=found.checkpoint.root.hex(), origin=found.key.name,
        fingerprint=found.key.fingerprint, made_at=found.receipt.issued_at.replace(microsecond=0),
    )  # fmt: skip
    made = receipt_pdf(paper, translator_of(request))
    return Response(made, media_type=PDF, headers={"Content-Disposition": f'inline; filename="receipt-{code[:8]}.pdf"'})


def receipt_address(settings: Settings, code: str) -> str:
    """What the QR code of a receipt holds."""
    return f"{settings.base_url.rstrip('/')}/proof/receipts/{code}"


def receipt_qr(settings: Settings, code: str) -> Markup:
    """The QR code of a receipt as a drawing."""
    return Markup(qr_svg(receipt_address(settings, code)))  # noqa: S704 -- drawn from modules, it holds no text


def _file(content: bytes, name: str, headers: dict[str, str]) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=JSON, headers=headers | disposition)
