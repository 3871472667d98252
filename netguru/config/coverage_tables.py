"""Views as polars tables over all devices of a folder, each row with its device, file and lines."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from netguru.config.questions_ports import properties
from netguru.config.secrets import without_secret
from netguru.config.views import rows_of, views
from netguru.model.result import to_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import polars as pl

    from netguru.model.config import DeviceConfig, Lines

Row = dict[str, Any]
# What is no column: places of single values, and what stays inside the process.
_LEFT_OUT = frozenset({"at", "lines", "password_digest", "neighbors", "users", "logins"})


def names() -> tuple[str, ...]:
    """Name all views."""
    return (*sorted(_MODELLED), *sorted(views()))


def frame(view: str, configs: Sequence[DeviceConfig]) -> pl.DataFrame:
    """Make the table of a view; without rows it has the columns that every table has."""
    import polars as pl

    rows = [
        {"device": config.hostname, **row, "file": config.piece.file.name, "lines": list(lines)}
        for config in configs
        for row, lines in _rows(view, config)
    ]
    schema: dict[str, Any] = {"device": pl.String, "file": pl.String, "lines": pl.List(pl.Int64)}
    return pl.DataFrame(rows, infer_schema_length=None, strict=False) if rows else pl.DataFrame(schema=schema)


def _rows(view: str, config: DeviceConfig) -> Iterator[tuple[Row, Lines]]:
    if view in _MODELLED:
        yield from _MODELLED[view](config)
        return
    for row in rows_of(config)[view]:
        yield {name: value for name, value in row.items() if name != "lines"}, tuple(row["lines"])


def _plain(items: Iterable[Any]) -> Iterator[tuple[Row, Lines]]:
    """Turn model values into flat rows; mappings and nested values become texts."""
    for item in items:
        values = {row.name: to_plain(getattr(item, row.name)) for row in fields(item) if row.name not in _LEFT_OUT}
        yield {name: _flat(value) for name, value in values.items()}, getattr(item, "lines", ())


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        return [f"{key}: {item}" for key, item in value.items()]
    if isinstance(value, list) and value and isinstance(value[0], list):
        return [" ".join(str(part) for part in item) for item in value]
    return value


def _interfaces(config: DeviceConfig) -> Iterator[tuple[Row, Lines]]:
    for item in config.interfaces:
        yield {"interface": item.name, **properties(item)}, item.lines


def _gateways(config: DeviceConfig) -> Iterator[tuple[Row, Lines]]:
    for item in config.interfaces:
        for row, lines in _plain(item.gateways):
            yield {"interface": item.name, **row}, lines


def _system(config: DeviceConfig) -> Iterator[tuple[Row, Lines]]:
    lines = tuple(sorted({number for numbers in config.system.at.values() for number in numbers}))
    for row, _ in _plain([config.system]):
        yield {"platform": config.platform, **row}, lines


def _references(config: DeviceConfig) -> Iterator[tuple[Row, Lines]]:
    for row, lines in _plain(config.references):
        yield {**row, "context": without_secret(row["context"])}, lines


_MODELLED: dict[str, Callable[[DeviceConfig], Iterator[tuple[Row, Lines]]]] = {
    "interfaces": _interfaces,
    "gateways": _gateways,
    "system": _system,
    "references": _references,
    "vlans": lambda config: _plain(config.vlans),
    "ospf": lambda config: _plain(config.ospf),
    "bgp": lambda config: _plain([config.bgp] if config.bgp is not None else []),
    "bgp_neighbors": lambda config: _plain(config.bgp.neighbors if config.bgp is not None else ()),
    "eigrp": lambda config: _plain(config.eigrp),
    "static_routes": lambda config: _plain(config.static_routes),
    "structures": lambda config: _plain(config.structures),
    "users": lambda config: _plain(config.system.users),
    "logins": lambda config: _plain(config.system.logins),
}
