"""Messages that were given up, and trying them again."""

from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from alerts.deliveries import dead
from api.deps import IdentityDep, SessionDep
from api.pages.layout import go, show
from api.routing import GuardedRouter, needs
from lab.network.access import Permission

router = GuardedRouter(prefix="/deliveries", html=True)
MANAGE = needs(Permission.SUBSCRIPTION_MANAGE)


@router.get("", access=MANAGE)
def dead_page(request: Request, session: SessionDep, identity: IdentityDep) -> Response:
    """What never got through, and why, as far as it can be said without an address."""
    letters = dead.dead_letters(session, actor=identity.actor)
    return show(request, "pages/deliveries.html", session=session, letters=letters)


@router.post("/{delivery_id}/again", access=MANAGE)
def again(delivery_id: UUID, session: SessionDep, identity: IdentityDep) -> Response:
    """Put one back."""
    dead.replay_dead(session, actor=identity.actor, delivery_id=delivery_id)
    return go("/deliveries", done="delivery_replayed")
