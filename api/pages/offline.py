"""The web app that works without network: its shell, its modules, its service worker and its manifest.

All of it is the same for everybody and holds nothing of anybody: it stays on phones, and phones get seized. What a
worker records without network is kept encrypted by the modules themselves (``docs/offline.md``).
"""

import json
from hashlib import sha256
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, JSONResponse, Response

from api.deps import SettingsDep
from api.language import translator_of
from api.offline_files import MODULES, OFFLINE, modules_version, offline_url
from api.pages.forms import Form
from api.pages.layout import STATIC, Page, render_page, show, static_url
from api.routing import GuardedRouter, public
from api.settings import Settings
from lab.custody.models import SealState
from lab.samples.checks import LIMITS
from lab.samples.models import AdverseEvent, Reason, SampleForm
from lab.samples.words import Colour, Route, TabletShape, Texture
from templates.i18n import LANGUAGES, Translator, translator

router = GuardedRouter(html=True)
_OPEN = public("the shell of the offline app: the same for everybody, and nothing of anybody in it")
_STYLES = ("tokens.css", "app.css", "counter.css", "offline/offline.css")
_PICTURES = ("favicon.svg", "icons.svg", "app-icons/icon-192.png")
_SCANNER = ("scan.js", "scan-worker.js")
_DECODER = ("vendor/zxing-reader-3.1.4.js", "vendor/zxing-reader-3.1.4.wasm")  # asked for by the worker, by these names
_PARTS = ("push-handler.js",)
_TEXTS = "offline.say."
_YEAR = "public, max-age=31536000, immutable"
_WORDS = {
    "sample_forms": SampleForm, "colours": Colour, "textures": Texture, "routes": Route, "reasons": Reason,
    "adverse_events": AdverseEvent, "tablet_shapes": TabletShape,
}  # fmt: skip


def _context(settings: Settings, speak: Translator) -> dict[str, Any]:
    texts = {key.removeprefix(_TEXTS): text for key, text in speak.catalogue.items() if key.startswith(_TEXTS)}
    return {
        "texts": texts | {f"form.{form.value}": speak.label(form) for form in SampleForm},
        "settings": {
            "ticket_address": f"{settings.base_url}/lookup",
            "limits": {name: {"low": low, "high": high, "unit": unit} for name, (low, high, unit) in LIMITS.items()},
        },
        "empty_form": Form(),
        "seal_states": speak.options(SealState),
        **_WORDS,
    }


@router.get(OFFLINE, access=_OPEN)
def shell(request: Request, settings: SettingsDep) -> Response:
    """The page that works without network; in its first visit it comes from here, then from the service worker."""
    return show(request, "pages/offline.html", **_context(settings, translator_of(request)))


@router.get(f"{OFFLINE}/files/{{version}}/{{name:path}}", access=_OPEN)
def module(version: str, name: str) -> Response:
    """A module of the offline page."""
    path = MODULES.get(name)
    if path is None:
        raise HTTPException(404)
    kept = _YEAR if version == modules_version() else "no-store"
    return FileResponse(path, media_type="text/javascript", headers={"Cache-Control": kept})


def _shell_of(settings: Settings, language: str) -> str:
    speak = translator(language)
    page = Page(network=settings.network_name, exercise=settings.exercise, path=OFFLINE)
    return render_page("pages/offline.html", speak=speak, page=page, **_context(settings, speak))


def _kept_files() -> list[str]:
    """What the service worker keeps besides the shell: scripts, styles, pictures of the app itself."""
    hashed = [static_url(name) for name in (*_STYLES, *_PICTURES, *_SCANNER)]
    return hashed + [f"/static/{name}" for name in _DECODER] + [offline_url(name) for name in MODULES]


@router.get("/sw.js", access=_OPEN)
def service_worker(settings: SettingsDep) -> Response:
    """The service worker. Its bytes change with any byte that it keeps, which is how browsers know of a new version."""
    files = _kept_files()
    shells = "".join(_shell_of(settings, language) for language in LANGUAGES)
    source = (STATIC / "offline" / "sw.js").read_text(encoding="utf-8")
    version = sha256("\0".join([*files, shells, source]).encode()).hexdigest()[:16]
    kept = {
        "version": version,
        "pages": {one: f"{OFFLINE}?lang={one}" for one in LANGUAGES},
        "files": files,
        "parts": [static_url(name) for name in _PARTS],
    }
    return Response(f"const SHELL = {json.dumps(kept)};\n{source}", media_type="text/javascript")


@router.get("/manifest.webmanifest", access=_OPEN)
def manifest(request: Request, settings: SettingsDep) -> Response:
    """What a phone needs to install the app."""
    speak = translator_of(request)
    icons = [
        {"src": static_url("app-icons/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static_url("app-icons/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {
            "src": static_url("app-icons/maskable-512.png"),
            "sizes": "512x512",
            "type": "image/png",
            "purpose": "maskable",
        },
    ]
    document = {
        "id": "/", "start_url": "/", "scope": "/", "display": "standalone", "lang": speak.language,
        "name": settings.network_name, "short_name": settings.network_name[:12],
        "description": speak.text("offline.description"), "icons": icons,
        "background_color": "#0e1217", "theme_color": "#4b36b8",
        "shortcuts": [{"name": speak.text("offline.shortcut"), "url": f"{OFFLINE}#new"}],
    }  # fmt: skip
    return JSONResponse(document, media_type="application/manifest+json")
