"""The JSON routes, one module per subject."""

from fastapi import APIRouter

from api.v1 import custody, library, plates, results, samples, session

router = APIRouter()
for module in (session, samples, custody, plates, results, library):
    router.include_router(module.router.router)
