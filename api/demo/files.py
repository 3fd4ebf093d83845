"""How the demo writes what it leaves behind."""

import json
from typing import Any


def as_json(document: Any) -> bytes:
    """``document`` for people who open the file."""
    return (json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n").encode()
