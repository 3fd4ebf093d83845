"""The first page: what is open and how old, for whatever this account does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from api.auth.identity import Identity
from api.deps import IdentityDep, SessionDep
from api.language import translator_of
from api.pages.layout import show, work_site
from api.pages.sample_list import Tonight, tonight
from api.pages.task_rows import open_tasks
from api.routing import SIGNED_IN, GuardedRouter
from lab.network.access import Permission
from lab.network.models import SiteType

router = GuardedRouter(html=True)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that waits for somebody."""

    href: str
    title: str
    is_code: bool = False
    text: str = ""
    sub: str = ""
    badge: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Block:
    """A list of things that wait; ``name`` finds its texts."""

    name: str
    rows: Sequence[Row]

    @property
    def oldest(self) -> datetime | None:
        return min((row.at for row in self.rows if row.at), default=None)


@router.get("/", access=SIGNED_IN)
def home(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """Home."""
    return show(
        request, "pages/home.html", session=session,
        tasks=open_tasks(session, actor=identity.actor, translator=translator_of(request)),
        counter=_counter(request, session, identity),
        bench=[],
    )  # fmt: skip


def _counter(request: Request, session: Session, identity: Identity) -> Tonight | None:
    """The night at a testing point, for whoever registers there."""
    site = work_site(request, session, identity, Permission.SAMPLE_REGISTER)
    if site is None or site.type is SiteType.LABORATORY:
        return None
    return tonight(session, actor=identity.actor, site_id=site.id)
