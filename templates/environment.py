"""The one Jinja2 environment: autoescaped, and an undefined name is an error.

A template is rendered with a :class:`~templates.i18n.Translator` as ``t``: ``{{ t.text("nav.home") }}``,
``{{ t.label(sample.form) }}``, ``{{ t.date(day) }}``. What a page shows comes in as its context; templates know
no database and no request.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from templates.i18n import LANGUAGES, Translator

TEMPLATE_DIR = Path(__file__).parent
_GROUP = 4


def group_code(code: str) -> str:
    """A sample or ticket code in groups of four, as it is printed, read aloud and typed: ``K7QM-2F4X-9``."""
    plain = code.replace("-", "").replace(" ", "")
    return "-".join(plain[start : start + _GROUP] for start in range(0, len(plain), _GROUP))


def attributes(pairs: dict[str, object]) -> Markup:
    """``pairs`` as HTML attributes: True gives a bare name; False and None are left out."""
    written = (
        Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
        for name, value in pairs.items()
        if value is not None and value is not False
    )
    return Markup("").join(written)


def make_environment(
    *,
    static_url: Callable[[str], str] = lambda name: f"/static/{name}",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Environment:
    """An environment whose pages find static files through ``static_url`` and the present through ``now``."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE_DIR),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"],
    )
    environment.filters["code"] = group_code
    environment.filters["attributes"] = attributes
    environment.filters["svg_number"] = svg_number
    environment.globals.update(static_url=static_url, now=now, languages=LANGUAGES)
    return environment


def svg_number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written in {"", "-0"} else written


@cache
def _default_environment() -> Environment:
    return make_environment()


def render(name: str, *, translator: Translator, environment: Environment | None = None, **context: Any) -> str:
    """The template ``name`` filled with ``context`` and spoken by ``translator``."""
    chosen = environment or _default_environment()
    return chosen.get_template(name).render(t=translator, **context)
