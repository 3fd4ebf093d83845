"""The JSON routes, one module per subject."""

from fastapi import APIRouter

from api.v1 import (
    alerts,
    conflicts,
    custody,
    encounters,
    handover,
    labels,
    library,
    lookup,
    photos,
    plates,
    quality,
    receiving,
    results,
    samples,
    session,
    subscriptions,
    sync,
    tasks,
)

router = APIRouter()
_MODULES = (
    session,
    samples,
    photos,
    sync,
    conflicts,
    custody,
    handover,
    receiving,
    quality,
    plates,
    results,
    library,
    tasks,
    alerts,
    subscriptions,
    lookup,
    labels,
    encounters,
)
for module in _MODULES:
    router.include_router(module.router.router)
