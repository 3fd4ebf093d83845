"""What one running application holds: composed once at start, handed to requests and tasks."""

from dataclasses import dataclass

from fastapi import Request

from api.auth.limits import RateLimiter
from api.settings import Settings
from lab.kit.db import Database
from lab.kit.files import FileStore


@dataclass(frozen=True)
class AppState:
    """The parts of an application that live as long as it does."""

    settings: Settings
    database: Database
    files: FileStore
    limiter: RateLimiter


def state_of(request: Request) -> AppState:
    """The application's state."""
    state: AppState = request.app.state.drugcheck
    return state
