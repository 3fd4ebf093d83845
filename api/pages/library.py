"""The reference library for people: substances, how they run and colour, and where that is printed."""

from uuid import UUID

from fastapi import Request
from sqlmodel import col, select
from starlette.responses import Response

from api.deps import IdentityDep, SessionDep
from api.pages.forms import Form
from api.pages.layout import show
from api.pages.library_edit import changes_of
from api.routing import GuardedRouter, needs
from lab.library import service
from lab.library.errors import SubstanceNotFoundError
from lab.library.learning import may_speak
from lab.library.models import RetentionValue, Substance, SubstanceSynonym, TlcSystem
from lab.network.access import Permission

router = GuardedRouter(prefix="/library", html=True)
READ = needs(Permission.LIBRARY_READ)
_HITS = 30


@router.get("", access=READ)
def library_page(request: Request, session: SessionDep, identity: IdentityDep, q: str = "") -> Response:
    """Search, and the systems."""
    hits = service.search_substances(session, query=q, limit=_HITS) if q.strip() else []
    everything = select(Substance).where(col(Substance.active)).order_by(Substance.name)
    known = [] if q.strip() else session.exec(everything).all()
    return show(
        request, "pages/library.html", session=session, form=Form({"q": [q]}), q=q.strip(), hits=hits, known=known,
        systems=service.list_systems(session), may_edit=identity.actor.may(Permission.LIBRARY_EDIT),
    )  # fmt: skip


@router.get("/{substance_id}", access=READ)
def substance_page(substance_id: UUID, request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """One substance: what may identify it, and what is only reported elsewhere."""
    substance = session.get(Substance, substance_id)
    if substance is None:
        raise SubstanceNotFoundError
    rows = session.exec(
        select(RetentionValue, TlcSystem)
        .join(TlcSystem, col(TlcSystem.id) == col(RetentionValue.system_id))
        .where(RetentionValue.substance_id == substance_id, col(RetentionValue.withdrawn_at).is_(None))
        .order_by(TlcSystem.code, col(RetentionValue.recorded_at))
    ).all()
    speaking = [(value, system) for value, system in rows if _speaks(value)]
    return show(
        request, "pages/substance.html", session=session, substance=substance, speaking=speaking,
        silent=[(value, system) for value, system in rows if not _speaks(value)],
        colours=service.colours_of(session, substance_id=substance_id),
        synonyms=session.exec(
            select(SubstanceSynonym.text)
            .where(SubstanceSynonym.substance_id == substance_id, col(SubstanceSynonym.withdrawn_at).is_(None))
            .order_by(SubstanceSynonym.text)
        ).all(),
        changes=changes_of(session, substance_id), may_edit=identity.actor.may(Permission.LIBRARY_EDIT),
    )  # fmt: skip


def _speaks(value: RetentionValue) -> bool:
    """Whether this value may identify: at its own site for own runs, everywhere for what was read directly."""
    return may_speak(value, site_id=value.site_id, layer=value.layer, corrected=True) or may_speak(
        value, site_id=value.site_id, layer=value.layer, corrected=False
    )
