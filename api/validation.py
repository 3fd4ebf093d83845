"""What does not fit a schema, said in the reader's language: which field, and what is wrong with it.

Values are never repeated: what somebody typed may be about a person.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from templates.i18n import Translator

_TEXTS: Mapping[str, str] = {
    # kind of error (pydantic's vocabulary): text, without "problem.field."
    "missing": "missing",
    "extra_forbidden": "unknown",
    "json_invalid": "json",
    "string_too_short": "too_short",
    "string_too_long": "too_long",
    "string_pattern_mismatch": "pattern",
    "greater_than": "more_than",
    "greater_than_equal": "at_least",
    "less_than": "less_than",
    "less_than_equal": "at_most",
    "too_short": "too_few",
    "too_long": "too_many",
    "enum": "choice",
    "literal_error": "choice",
    "union_tag_invalid": "choice",
    "union_tag_not_found": "choice",
    "timezone_aware": "moment",
}
_FAMILIES: tuple[tuple[str, str], ...] = (
    ("string", "text"),
    ("int", "whole_number"),
    ("float", "number"),
    ("finite", "number"),
    ("bool", "yes_no"),
    ("datetime", "moment"),
    ("date", "date"),
    ("uuid", "key"),
    ("list", "list"),
    ("dict", "object"),
    ("model", "object"),
)
_LIMITS = {"limit": ("min_length", "max_length", "ge", "gt", "le", "lt")}


def field_errors(errors: Sequence[Mapping[str, Any]], translator: Translator) -> list[dict[str, str]]:
    """One line for each of pydantic's ``errors``, with the path of its field."""
    return [{"field": _field(error), "detail": _detail(error, translator)} for error in errors]


def _field(error: Mapping[str, Any]) -> str:
    if error["type"] == "json_invalid":  # its place counts characters, not fields
        return ""
    return ".".join(str(part) for part in error["loc"] if part not in {"body", "query", "path"})


def _detail(error: Mapping[str, Any], translator: Translator) -> str:
    name = _TEXTS.get(error["type"]) or next(
        (text for start, text in _FAMILIES if error["type"].startswith(start)), "unfit"
    )
    return translator.text(f"problem.field.{name}", **_params(error.get("ctx") or {}))


def _params(context: Mapping[str, Any]) -> dict[str, str | int | float]:
    limits = [context[name] for name in _LIMITS["limit"] if name in context]
    expected = context.get("expected") or context.get("expected_tags") or ""
    params: dict[str, str | int | float] = {"expected": str(expected).replace("'", "").replace(" or ", ", ")}
    if limits:
        params["limit"] = limits[0] if isinstance(limits[0], int | float) else str(limits[0])
    return params
