"""The modules of the offline app and their one address: all share a version, so that no page runs parts of two."""

from functools import cache
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
OFFLINE = "/offline"
_QR = "vendor/qr-0.7.0.js"
_OWN = {path.name: path for path in sorted((STATIC / "offline").glob("*.js")) if path.name != "sw.js"}
MODULES = _OWN | {_QR: STATIC / _QR}


@cache
def modules_version() -> str:
    """Changes with any byte of any module."""
    digest = sha256()
    for name, path in MODULES.items():
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def offline_url(name: str) -> str:
    """The address of a module."""
    return f"{OFFLINE}/files/{modules_version()}/{name}"
