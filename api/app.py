"""Composes the application: state, middleware, routes, errors, and the worker where it runs in process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

import api.errors
import api.health
import api.pages
import api.reference_page
import api.source
import api.v1
from api.auth.csrf import CrossSiteGuard
from api.auth.limits import RateLimiter
from api.errors import Discretion
from api.headers import SecurityHeaders
from api.settings import Settings
from api.state import AppState
from api.uploads import BODY_LIMIT, TooLargeAnswers
from api.worker import running_worker
from lab.kit.db import Database
from lab.kit.files import open_files


class Application(FastAPI):
    """FastAPI, with headers and problems also for what its own outer layers answer: 413 and 500."""

    def build_middleware_stack(self) -> ASGIApp:
        composed: AppState = self.state.drugcheck
        return SecurityHeaders(
            Discretion(TooLargeAnswers(super().build_middleware_stack())), https=composed.settings.https
        )


STATIC = Path(__file__).parent / "static"


def compose(settings: Settings) -> AppState:
    """Open what ``settings`` name: database, files, rate limiter. Nothing is migrated here."""
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    return AppState(
        settings=settings,
        database=Database(settings.effective_database_url),
        files=open_files(settings.effective_files),
        limiter=RateLimiter(settings.rate_limit_storage),
    )


def create_app(settings: Settings | None = None, *, state: AppState | None = None) -> FastAPI:
    """The application. ``state`` is given by tests and the demo, which keep it open themselves."""
    composed = state or compose(settings or Settings())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with running_worker(composed):
            yield
        if state is None:
            composed.database.dispose()

    app = Application(
        title="Drugcheck",
        description="Samples, custody, plates, results and alerts of a drug-checking network.",
        lifespan=lifespan,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        max_body_size=BODY_LIMIT,
    )
    app.state.drugcheck = composed
    api.errors.install(app)
    app.include_router(api.v1.router, prefix="/api/v1")
    app.include_router(api.pages.router)
    app.include_router(api.health.router.router)
    app.include_router(api.source.router.router)
    api.reference_page.install(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(CrossSiteGuard)
    return app
