"""The page that says what went wrong and what to do."""

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from api.pages.layout import show

if TYPE_CHECKING:
    from api.errors import Problem


def problem_page(request: Request, problem: "Problem") -> Response:
    """``problem`` as a page, or as a fragment when htmx asked for one."""
    fragment = request.headers.get("hx-request") == "true"
    template = "pages/problem_fragment.html" if fragment else "pages/problem.html"
    response = show(request, template, status=problem.status, problem=problem)
    response.headers.update(problem.headers)
    return response
