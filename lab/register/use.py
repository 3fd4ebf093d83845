"""What an analysis used up, booked from the bench form. Nothing is assumed: without a mass nothing is booked."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import Session, col, select

from lab.custody import service
from lab.custody.models import CustodyEvent, Item
from lab.kit import ledger
from lab.network.access import Actor
from lab.register.errors import ConsumptionSourceError
from lab.register.storage import HERE


def sources_of(session: Session, *, sample_id: UUID, site_id: UUID) -> Sequence[Item]:
    """The containers of a sample that something can be taken from at a site: here, open and weighed."""
    query = select(Item).where(
        Item.sample_id == sample_id, Item.site_id == site_id, col(Item.state).in_(HERE),
        col(Item.seal_number).is_(None), col(Item.held_ug).is_not(None),
    )  # fmt: skip
    return session.exec(query.order_by(col(Item.created_at), col(Item.id))).all()


def book_use(
    session: Session,
    *,
    actor: Actor,
    sample_id: UUID,
    site_id: UUID,
    mass_mg: float,
    analysis_id: UUID,
    item_id: UUID | None = None,
) -> CustodyEvent:
    """Book ``mass_mg`` as used by an analysis, from ``item_id`` or from the only container that it can come from.

    Raises :class:`ConsumptionSourceError`, and what custody says against it.
    """
    ledger.lock(session)
    sources = sources_of(session, sample_id=sample_id, site_id=site_id)
    chosen = [item for item in sources if item_id is None or item.id == item_id]
    if len(chosen) != 1:
        raise ConsumptionSourceError
    return service.consume(session, actor=actor, item_id=chosen[0].id, mass_mg=mass_mg, analysis_id=analysis_id)
