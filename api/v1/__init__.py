"""The JSON routes, one module per subject."""

from fastapi import APIRouter

from api.v1 import custody, library, session

router = APIRouter()
for module in (session, custody, library):
    router.include_router(module.router.router)
