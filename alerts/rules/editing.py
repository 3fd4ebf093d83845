"""A rule file as a person changes it: one table at a time, everything else and its comments kept as they are."""

from collections.abc import Mapping
from typing import Any

import tomlkit
from tomlkit.items import AoT, InlineTable, Table

INLINE_AT_MOST = 4


def with_version(text: str, version: str) -> str:
    """``text`` under another version."""
    document = tomlkit.parse(text)
    document["version"] = version
    return tomlkit.dumps(document)


def table_of(text: str, kind: str, name: str) -> dict[str, Any] | None:
    """The rule or group called ``name``, as plain values; None when there is none."""
    for one in tomlkit.parse(text).unwrap().get(kind, []):
        if isinstance(one, dict) and one.get("id") == name:
            return one
    return None


def with_table(text: str, kind: str, values: Mapping[str, Any]) -> str:
    """``text`` with the rule or group ``values["id"]`` replaced, or added as the last."""
    document = tomlkit.parse(text)
    tables = document.get(kind)
    if not isinstance(tables, AoT):
        tables = tomlkit.aot()
        document[kind] = tables
    new = _table(values)
    for place, one in enumerate(tables):
        if one.get("id") == values["id"]:
            tables[place] = new
            return tomlkit.dumps(document)
    tables.append(new)
    return tomlkit.dumps(document)


def without_table(text: str, kind: str, name: str) -> str:
    """``text`` without the rule or group called ``name``."""
    document = tomlkit.parse(text)
    tables = document.get(kind)
    if isinstance(tables, AoT):
        for place, one in enumerate(tables):
            if one.get("id") == name:
                del tables[place]
                break
    return tomlkit.dumps(document)


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for key, value in values.items():
        table[key] = _inline(value) if isinstance(value, Mapping) and key != "words" else _item(value)
    table.add(tomlkit.nl())
    return table


def _item(value: Any) -> Any:
    if isinstance(value, Mapping):
        inner = tomlkit.table()
        for key, one in value.items():
            inner[key] = _item(one)
        return inner
    return _lines(value) if isinstance(value, list) else value


def _inline(values: Mapping[str, Any]) -> InlineTable:
    table = tomlkit.inline_table()
    for key, value in values.items():
        table[key] = _inline(value) if isinstance(value, Mapping) else value
    return table


def _lines(values: list[Any]) -> Any:
    array = tomlkit.array()
    array.extend(values)
    if any(len(str(value)) > 20 for value in values) or len(values) > INLINE_AT_MOST:
        array.multiline(True)
    return array
