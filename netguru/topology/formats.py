"""Formats of neighbour outputs, read from `data/tables/neighbors`: what marks one, and where its fields are.

Three shapes cover them: a table whose columns stand under headings, blocks of labelled lines, and
documents (JSON, XML) addressed by paths. The tables say which; the code knows no vendor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

Shape = Literal["table", "blocks", "document"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentField:
    """Where a document holds a field: the paths to try in order, and whether the key itself is the value."""

    path: str
    key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One format of one or more platforms.

    `needs` must all be found in the text. `protocol` is "cdp", "lldp", or empty when each record
    states its own ("via"). Tables: `heading`, `columns` (title -> field), `rows` (patterns for rows
    that do not follow the headings), `wrap`. Blocks: `starts` (first line of a record; the field
    order in which a device prints them), `heads` (lines above a group of records), `stop`,
    `lines`, `below` (a label whose value is on the next line). Documents: `records` and `fields`.
    `total` finds the number of entries that the device itself counts.
    """

    name: str
    shape: Shape
    protocol: str = ""
    needs: tuple[re.Pattern[str], ...] = ()
    heading: re.Pattern[str] | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    checks: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    rows: tuple[re.Pattern[str], ...] = ()
    wrap: Literal["", "before", "after"] = ""
    skip: re.Pattern[str] | None = None
    starts: tuple[re.Pattern[str], ...] = ()
    heads: tuple[re.Pattern[str], ...] = ()
    stop: re.Pattern[str] | None = None
    lines: tuple[re.Pattern[str], ...] = ()
    below: tuple[tuple[str, re.Pattern[str]], ...] = ()
    records: tuple[str, ...] = ()
    fields: Mapping[str, tuple[DocumentField, ...]] = field(default_factory=dict)
    total: re.Pattern[str] | None = None


@cache
def formats() -> tuple[Format, ...]:
    """Give every format, by file and in the order of the file: the more particular ones stand first."""
    made: list[Format] = []
    for file in sorted(resources.path("data", "tables", "neighbors").glob("*.toml")):
        made += [_format(row) for row in resources.table("neighbors", file.name).get("format", ())]
    return tuple(made)


@cache
def common() -> Mapping[str, Any]:
    """Give what all formats share: words for "not advertised", capability letters, wrappers of documents."""
    return resources.table("neighbors", "common.toml")


def _format(row: Mapping[str, Any]) -> Format:
    fields = {
        name: tuple(DocumentField(path=path.removesuffix("#key"), key=path.endswith("#key")) for path in _many(paths))
        for name, paths in row.get("fields", {}).items()
    }
    return Format(
        name=row["name"],
        shape=row["shape"],
        protocol=row.get("protocol", ""),
        needs=_patterns(row.get("needs", ()), re.MULTILINE),
        heading=_optional(row.get("heading")),
        columns=row.get("columns", {}),
        checks={name: re.compile(pattern) for name, pattern in row.get("checks", {}).items()},
        rows=_patterns(row.get("rows", ())),
        wrap=row.get("wrap", ""),
        skip=_optional(row.get("skip")),
        starts=_patterns(row.get("starts", ())),
        heads=_patterns(row.get("heads", ())),
        stop=_optional(row.get("stop")),
        lines=_patterns(row.get("lines", ())),
        below=tuple((name, re.compile(pattern)) for name, pattern in row.get("below", {}).items()),
        records=tuple(_many(row.get("records", ()))),
        fields=fields,
        total=_optional(row.get("total")),
    )


def _many(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _patterns(rows: Any, flags: int = 0) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, flags) for pattern in _many(rows))


def _optional(pattern: str | None) -> re.Pattern[str] | None:
    return None if pattern is None else re.compile(pattern)
