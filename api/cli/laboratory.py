"""The laboratory that a command works on: opened here, or said in a sentence why it cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, NoSuchModuleError

from api.app import compose
from api.cli.console import fail
from api.settings import Settings
from api.state import AppState


def read_settings() -> Settings:
    """The settings, or which of them cannot be used; values are not repeated, since some are secrets."""
    try:
        return Settings()
    except ValidationError as error:
        faults = (f"DRUGCHECK_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        fail(f"These settings cannot be used. {'; '.join(faults)}.")


@contextmanager
def laboratory(*, may_be_new: bool = False) -> Iterator[AppState]:
    """The parts of the laboratory that the settings name; one that is not there is made only if it ``may_be_new``."""
    settings = read_settings()
    if settings.database_url is None and not may_be_new and not (settings.data_dir / "lab.sqlite").exists():
        fail(
            f"There is no laboratory in {settings.data_dir}. Make one with `drugcheck migrate`, "
            "or set DRUGCHECK_DATA_DIR to the folder of yours."
        )
    state = _compose(settings)
    try:
        yield state
    except (IntegrityError, DataError):  # a defect of ours, not of the database
        raise
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        fail(f"The database cannot be used ({reason}). `drugcheck migrate` brings an older one up to date.")
    finally:
        state.database.dispose()


def _compose(settings: Settings) -> AppState:
    try:
        return compose(settings)
    except OSError as error:
        fail(f"{settings.data_dir} cannot be used: {error.strerror}.")
    except (ArgumentError, NoSuchModuleError, ImportError):
        fail("DRUGCHECK_DATABASE_URL is no database URL; write sqlite:///… or postgresql+psycopg://….")
