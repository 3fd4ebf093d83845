"""What tasks may use beyond database and files, found by its type."""

from collections.abc import Mapping

from api.state import AppState


def services_of(state: AppState) -> Mapping[type, object]:
    """The services of this deployment."""
    return {}
