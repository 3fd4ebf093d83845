"""What people say of answers and contacts, counted for the coordinator; never beside a sample."""

from datetime import timedelta

from fastapi import Request
from starlette.responses import Response

from api.deps import ActorDep, SessionDep
from api.pages.layout import show
from api.routing import GuardedRouter, needs
from lab.kit.clock import today
from lab.network import sites
from lab.network.access import Permission
from lab.ratings import service
from lab.ratings.schemas import Need

router = GuardedRouter(html=True)
PERIOD = timedelta(days=365)


@router.get("/ratings", access=needs(Permission.NETWORK_COORDINATE))
def ratings_page(request: Request, session: SessionDep, actor: ActorDep) -> Response:
    """Counts by site and month, and what was written, by month alone."""
    since = (today() - PERIOD).replace(day=1)
    return show(
        request, "pages/ratings.html", session=session, counts=service.counts(session, actor=actor, since=since),
        remarks=service.remarks(session, actor=actor, since=since), needs=Need, least=service.LEAST_REMARKS,
        sites={site.id: site.name for site in sites.list_sites(session)},
    )  # fmt: skip
