"""The page that says what went wrong and what to do."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

if TYPE_CHECKING:
    from api.errors import Problem


def problem_page(_request: Request, problem: "Problem") -> Response:
    """``problem`` as a page."""
    return PlainTextResponse(f"{problem.title}\n\n{problem.detail}", problem.status, headers=dict(problem.headers))
