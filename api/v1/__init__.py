"""The JSON routes, one module per subject."""

from fastapi import APIRouter

from api.v1 import session

router = APIRouter()
for module in (session,):
    router.include_router(module.router.router)
