"""The pages, one module per subject; each calls the same services as the JSON routes."""

from fastapi import APIRouter

from api.pages import custody, findings, home, plates, results, samples, sign_in

router = APIRouter()
for module in (sign_in, home, results, samples, custody, findings, plates):
    router.include_router(module.router.router)
