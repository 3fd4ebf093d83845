"""Quality as JSON: how a plate's readings stand under what its laboratory demands."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel

from api.deps import ActorDep, SessionDep
from api.routing import GuardedRouter, needs
from lab.network.access import Permission
from lab.plates import service
from lab.quality.judging import Demand, Verdict, judge

router = GuardedRouter(prefix="/plates", tags=["plates"])


class CheckOut(BaseModel):
    """One thing looked at; ``message`` is a message id with its parameters."""

    demand: Demand
    verdict: Verdict
    message: str
    params: dict[str, Any]


class JudgementOut(BaseModel):
    """One picture's reading that stands. ``criteria``: the number declared by the laboratory, 0 for the shipped ones.

    ``failed``: no verified answer rests on it without a written reason.
    """

    picture_id: UUID
    reading_id: UUID
    criteria: int
    failed: bool
    checks: list[CheckOut]


@router.get("/{plate_id}/quality", access=needs(Permission.PLATE_WORK))
def plate_quality(plate_id: UUID, session: SessionDep, actor: ActorDep) -> list[JudgementOut]:
    """Each picture of the plate that has been read, judged."""
    service.get_plate(session, actor=actor, plate_id=plate_id)
    pictures = service.pictures_of(session, plate_id=plate_id)
    readings = [service.latest_reading(session, picture_id=picture.id) for picture in pictures]
    judgements = [judge(session, reading=reading) for reading in readings if reading is not None]
    return [
        JudgementOut(
            picture_id=one.reading.picture_id, reading_id=one.reading.id, criteria=one.criteria.number,
            failed=bool(one.failures),
            checks=[
                CheckOut(
                    demand=check.demand, verdict=check.verdict, message=check.message.id,
                    params=dict(check.message.params),
                )
                for check in one.checks
            ],
        )
        for one in judgements
    ]  # fmt: skip
