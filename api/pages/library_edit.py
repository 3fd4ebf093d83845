"""The library edited on pages: substances with their names in three languages, systems, colour reactions."""

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.forms import Form, FormDep, Refusal, attempt, decimal
from api.pages.layout import as_uuid, go, show
from api.routing import GuardedRouter, needs
from lab.errors import InvalidError
from lab.library import editing
from lab.library.errors import SubstanceNotFoundError, SystemNotFoundError
from lab.library.models import ReagentColour, Substance, TlcSystem
from lab.library.schemas import ColourIn, SubstanceIn, SystemIn
from lab.network.access import Permission
from lab.network.models import Account

router = GuardedRouter(prefix="/library", html=True)
EDIT = needs(Permission.LIBRARY_EDIT)
_LANGUAGES = ("en", "fr", "nl", "")
_SYSTEM_FIELDS = ("code", "layer", "mobile_phase", "saturation", "error_window", "source", "source_url", "note")


class StandardLineError(InvalidError):
    """A line that is no correction standard."""

    message_id = "error.library.standard_line"
    field = "standards"


def changes_of(session: Session, subject_id: UUID) -> list[tuple[Any, str]]:
    """What people changed of an entry, with their names."""
    return [
        (change, session.get_one(Account, change.changed_by).display_name)
        for change in editing.history_of(session, subject_id=subject_id)
    ]


# Substances


def _substance_page(
    request: Request, session: Session, form: Form, substance: Substance | None, status: int = 200
) -> Response:
    return show(
        request, "pages/library_substance_edit.html", session=session, status=status, form=form, substance=substance,
        groups=session.exec(select(Substance.substance_class).distinct().order_by(Substance.substance_class)).all(),
        colours=[] if substance is None else _own_colours(session, substance.id),
        changes=[] if substance is None else changes_of(session, substance.id),
    )  # fmt: skip


def _own_colours(session: Session, substance_id: UUID) -> list[ReagentColour]:
    """The colour reactions that people entered."""
    entered = select(ReagentColour).where(
        ReagentColour.substance_id == substance_id, col(ReagentColour.entered_by).is_not(None),
        col(ReagentColour.withdrawn_at).is_(None),
    )  # fmt: skip
    return list(session.exec(entered.order_by(ReagentColour.reagent)).all())


def _substance_form(session: Session, substance: Substance) -> Form:
    names = editing.names_by_language(session, substance_id=substance.id)
    values = {name: getattr(substance, name) or "" for name in ("name", "substance_class", "cas", "inchikey", "source")}
    values |= {f"names_{language}": "\n".join(names.get(language, ())) for language in _LANGUAGES}
    values["active"] = "yes" if substance.active else ""
    return Form({name: [value] for name, value in values.items() if value})


def _substance_in(form: Form) -> SubstanceIn:
    stated = {name: form.get(name).strip() or None for name in ("cas", "inchikey")}
    names = {language: form.get(f"names_{language}").splitlines() for language in _LANGUAGES}
    return SubstanceIn.model_validate(
        {name: form.get(name) for name in ("name", "substance_class", "source")}
        | stated
        | {"names": names, "active": bool(form.get("active"))}
    )


def _substance(session: Session, substance_id: UUID) -> Substance:
    substance = session.get(Substance, substance_id)
    if substance is None:
        raise SubstanceNotFoundError
    return substance


@router.get("/new", access=EDIT)
def new_substance(request: Request, session: SessionDep) -> Response:
    """The form for a substance that the library does not have."""
    return _substance_page(request, session, Form({"active": ["yes"]}), None)


@router.post("/new", access=EDIT)
def add_substance(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Add it."""
    return _save_substance(request, session, identity, form, None)


@router.get("/{substance_id}/edit", access=EDIT)
def edit_substance(substance_id: UUID, request: Request, session: SessionDep) -> Response:
    """The form for one that it has."""
    substance = _substance(session, substance_id)
    return _substance_page(request, session, _substance_form(session, substance), substance)


@router.post("/{substance_id}/edit", access=EDIT)
def change_substance(
    substance_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Change it, with a reason."""
    return _save_substance(request, session, identity, form, _substance(session, substance_id))


def _save_substance(
    request: Request, session: Session, identity: IdentityDep, form: Form, substance: Substance | None
) -> Response:
    key = substance.id if substance else None
    done = attempt(
        session, translator_of(request),
        lambda: editing.save_substance(
            session, actor=identity.actor, data=_substance_in(form), reason=form.get("reason"), substance_id=key
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        again = _substance(session, key) if key else None
        return _substance_page(request, session, form.refused(done.errors), again, 422)
    return go(f"/library/{done.id}", done="library_saved")


@router.post("/{substance_id}/colours", access=EDIT)
def add_colour(
    substance_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Add a colour reaction, or take one off that a person entered."""

    def do() -> ReagentColour:
        if form.get("withdraw"):
            return editing.withdraw_colour(
                session,
                actor=identity.actor,
                colour_id=as_uuid(form.get("withdraw")) or UUID(int=0),
                reason=form.get("reason"),
            )
        fields = {name: form.get(name) for name in ("reagent", "colour_text", "where", "source", "source_url")}
        return editing.add_colour(
            session, actor=identity.actor, substance_id=substance_id, data=ColourIn.model_validate(fields),
            reason=form.get("reason"),
        )  # fmt: skip

    done = attempt(session, translator_of(request), do)
    if isinstance(done, Refusal):
        substance = _substance(session, substance_id)
        kept = _substance_form(session, substance)
        merged = Form({**kept.values, **{k: v for k, v in form.values.items() if k not in kept.values}}, done.errors)
        return _substance_page(request, session, merged, substance, 422)
    return go(f"/library/{substance_id}", done="library_saved")


# Systems


def _system_page(
    request: Request, session: Session, form: Form, system: TlcSystem | None, status: int = 200
) -> Response:
    return show(
        request, "pages/library_system_edit.html", session=session, status=status, form=form, system=system,
        changes=[] if system is None else changes_of(session, system.id),
    )  # fmt: skip


def _system_form(system: TlcSystem) -> Form:
    standards = "\n".join(f"{row['substance']} {row['hrfc']}" for row in system.correction_standards)
    values = {name: str(getattr(system, name)) for name in _SYSTEM_FIELDS} | {"standards": standards}
    return Form({name: [value] for name, value in values.items() if value})


def _system_in(form: Form) -> SystemIn:
    standards = [_standard(line) for line in form.get("standards").splitlines() if line.strip()]
    return SystemIn.model_validate(
        {name: form.get(name) for name in _SYSTEM_FIELDS} | {"correction_standards": standards}
    )


def _standard(line: str) -> dict[str, object]:
    name, _, value = line.strip().rpartition(" ")
    try:
        hrfc = float(decimal(value))
    except ValueError:
        raise StandardLineError(line=line.strip()[:60]) from None
    if not name.strip() or not 0 < hrfc < 100:
        raise StandardLineError(line=line.strip()[:60])
    return {"substance": name.strip(), "hrfc": hrfc}


@router.get("/systems/new", access=EDIT)
def new_system(request: Request, session: SessionDep) -> Response:
    """The form for a system that the library does not have."""
    return _system_page(request, session, Form(), None)


@router.post("/systems/new", access=EDIT)
def add_system(request: Request, session: SessionDep, identity: IdentityDep, form: FormDep) -> Response:
    """Add it."""
    return _save_system(request, session, identity, form, None)


@router.get("/systems/{system_id}/edit", access=EDIT)
def edit_system(system_id: UUID, request: Request, session: SessionDep) -> Response:
    """The form for one that it has."""
    system = _system(session, system_id)
    return _system_page(request, session, _system_form(system), system)


@router.post("/systems/{system_id}/edit", access=EDIT)
def change_system(
    system_id: UUID, request: Request, session: SessionDep, identity: IdentityDep, form: FormDep
) -> Response:
    """Change it, with a reason."""
    return _save_system(request, session, identity, form, system_id)


def _system(session: Session, system_id: UUID) -> TlcSystem:
    system = session.get(TlcSystem, system_id)
    if system is None:
        raise SystemNotFoundError
    return system


def _save_system(
    request: Request, session: Session, identity: IdentityDep, form: Form, system_id: UUID | None
) -> Response:
    done = attempt(
        session, translator_of(request),
        lambda: editing.save_system(
            session, actor=identity.actor, data=_system_in(form), reason=form.get("reason"), system_id=system_id
        ),
    )  # fmt: skip
    if isinstance(done, Refusal):
        system = _system(session, system_id) if system_id else None
        return _system_page(request, session, form.refused(done.errors), system, 422)
    return go(f"/library/systems/{done.id}/edit", done="library_saved")
