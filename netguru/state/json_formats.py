"""JSON outputs to rows: paths and columns are declared in `data/tables/state/json.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.state.json_text import Node
from netguru.state.rules import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_Chain = tuple[tuple[str, Any], ...]


def begins(text: str) -> bool:
    """Say whether a text may be JSON by its first sign."""
    return text.lstrip()[:1] in ("{", "[")


def recognise(document: Any) -> Mapping[str, Any] | None:
    """Find the format whose paths lead to rows of the document, given with lines or as plain data."""
    declared: list[dict[str, Any]] = resources.table("state", "json.toml")["format"]
    for item in declared:
        if any(_rows(document, table) for table in item["tables"]) or _empty(document, item):
            return item
    return None


def _inner(node: Any) -> Any:
    """Give the value of a node; plain data is its own value."""
    return node.value if isinstance(node, Node) else node


def _empty(document: Any, declared: Mapping[str, Any]) -> bool:
    """Recognise an output without rows by its only key."""
    key = declared.get("only", "")
    value = _inner(document)
    return bool(key) and isinstance(value, dict) and list(value) == [key] and not _inner(value[key])


def read(document: Node, declared: Mapping[str, Any], first_line: int) -> Reading:
    """Read the rows of every table of a format; unlike text, all lines count as understood."""
    reading = Reading()
    for table in declared["tables"]:
        for chain in _rows(document, table):
            row = {**table.get("values", {}), **_columns(chain, table["columns"])}
            row["line"] = first_line + chain[min(table["span"], len(chain) - 1)][1].line
            row["end_line"] = first_line + chain[-1][1].end_line
            reading.rows.setdefault(table["kind"], []).append(row)
    return reading


def _rows(document: Any, table: Mapping[str, Any]) -> list[_Chain]:
    found = []
    for chain in _walk((("", document),), table["path"]):
        inner = _inner(chain[-1][1])
        if isinstance(inner, dict) and all(name in inner for name in table["need"]):
            found.append(chain)
    return found


def _walk(chain: _Chain, path: Sequence[str]) -> Iterator[_Chain]:
    if not path:
        yield chain
        return
    step, value = path[0], _inner(chain[-1][1])
    if step == "[]":
        inner = [("", node) for node in value] if isinstance(value, list) else []
    elif not isinstance(value, dict):
        inner = []
    elif step.startswith("$"):
        inner = [(f"{step}={key}", node) for key, node in value.items()]
    else:
        inner = [(step, value[step])] if step in value else []
    for item in inner:
        yield from _walk((*chain, item), path[1:])


def _columns(chain: _Chain, declared: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for step, node in chain:
        if step.startswith("$"):
            name, _, key = step.partition("=")
            known[name] = key
        if isinstance(node.value, dict):
            known.update((key, item.value) for key, item in node.value.items() if not _nested(item.value))
    made = {name: _value(known, spec) for name, spec in declared.items()}
    return {name: value for name, value in made.items() if value is not None}


def _nested(value: Any) -> bool:
    return isinstance(value, (dict, list))


def _value(known: Mapping[str, Any], spec: Any) -> Any:
    if isinstance(spec, str):
        return next((known[key] for key in spec.split("|") if key in known), None)
    if "join" in spec:
        parts = [known.get(key) for key in spec["join"]]
        return None if None in parts else spec["with"].join(str(part) for part in parts)
    value = None if spec.get("unless") in known else _value(known, spec["key"])
    match = re.search(spec["match"], str(value)) if value is not None else None
    return match[1] if match else None
