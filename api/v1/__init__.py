"""The JSON routes, one module per subject."""

from fastapi import APIRouter

from api.v1 import alerts, custody, library, lookup, plates, results, samples, session, subscriptions, sync, tasks

router = APIRouter()
for module in (session, samples, sync, custody, plates, results, library, tasks, alerts, subscriptions, lookup):
    router.include_router(module.router.router)
