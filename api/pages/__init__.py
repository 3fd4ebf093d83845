"""The pages, one module per subject; each calls the same services as the JSON routes."""

from fastapi import APIRouter

from api.pages import (
    alerts,
    corrections,
    custody,
    feeds,
    findings,
    home,
    library,
    lookup,
    plates,
    public_alerts,
    results,
    samples,
    sign_in,
    tasks,
)

router = APIRouter()
_MODULES = (
    sign_in,
    home,
    tasks,
    results,
    samples,
    custody,
    corrections,
    findings,
    plates,
    library,
    alerts,
    feeds,
    public_alerts,
    lookup,
)
for module in _MODULES:
    router.include_router(module.router.router)
