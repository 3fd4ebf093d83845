"""The OpenAPI reference at ``/api/docs``, from files on this machine: festivals have no network."""

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from api.routing import GuardedRouter, public

_ASSETS = Path(fastapi_offline.__file__).parent / "static"
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Drugcheck: JSON routes</title>
<link rel="stylesheet" href="/static/reference/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="/static/reference/swagger-ui-bundle.js"></script>
<script src="/api/docs.js"></script>
</body>
</html>
"""
_SCRIPT = 'SwaggerUIBundle({url: "/api/openapi.json", dom_id: "#reference", deepLinking: true});\n'

router = GuardedRouter(html=True)


@router.get("/api/docs", access=public("the reference describes routes and holds no data"))
def reference() -> Response:
    """Swagger UI; its style sheet writes inline styles, so this page alone allows them."""
    policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'"
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": policy})


@router.get("/api/docs.js", access=public("as above"))
def reference_script() -> Response:
    """The one line that starts it; a file of its own because pages may not run inline scripts."""
    return Response(_SCRIPT, media_type="text/javascript")


def install(app: FastAPI) -> None:
    """Add the page and its assets."""
    app.mount("/static/reference", StaticFiles(directory=_ASSETS), name="reference")
    app.include_router(router.router)
