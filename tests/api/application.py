"""One application for a whole run of tests: a new one works every route out again, for a quarter of a second."""

from fastapi import FastAPI

from api.app import create_app
from api.state import AppState

_made: list[FastAPI] = []


def application_on(state: AppState) -> FastAPI:
    """The application, answering from ``state``; what was asked of it before is forgotten with that test's state."""
    if not _made:
        _made.append(create_app(state=state))
    [app] = _made
    app.state.drugcheck = state
    return app
