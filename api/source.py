"""The running source at ``/source``: what the AGPL promises to those who use a changed version over a network."""

import io
import zipfile
from functools import cache
from pathlib import Path

from fastapi.responses import RedirectResponse
from starlette.responses import Response

from api.deps import SettingsDep
from api.routing import GuardedRouter, public

PACKAGES = ("api", "lab", "tlc_analysis", "alerts", "templates")
ROOT = Path(__file__).parent.parent

router = GuardedRouter(html=True)


@cache
def source_archive() -> bytes:
    """A zip of the five packages as they lie on this machine, made once a process."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for package in PACKAGES:
            for path in sorted((ROOT / package).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    archive.write(path, path.relative_to(ROOT))
    return buffer.getvalue()


@router.get("/source", access=public("the AGPL gives every user of the service its source", limit="10/minute"))
def source(settings: SettingsDep) -> Response:
    """The operator's own address for the source, or the source itself."""
    if settings.source_url:
        return RedirectResponse(settings.source_url)
    disposition = {"Content-Disposition": 'attachment; filename="drugcheck-source.zip"'}
    return Response(source_archive(), media_type="application/zip", headers=disposition)
