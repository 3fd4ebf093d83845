"""Whether this process serves and reaches its database; for container health checks and load balancers."""

import sqlalchemy as sa
from pydantic import BaseModel

from api.deps import SessionDep
from api.routing import GuardedRouter, public

router = GuardedRouter(tags=["health"])


class Health(BaseModel):
    """That all is well; anything else is an error status."""

    status: str = "ok"


@router.get("/health", access=public("health checks have no account, and it tells nothing else"))
def health(session: SessionDep) -> Health:
    """Ask the database for nothing."""
    session.execute(sa.text("select 1"))
    return Health()
