"""The one way to reach what ships with the package: tables, samples, documentation, notebooks, dashboards, front end.

In a checkout these are the top-level folders beside `netguru/`; in a wheel they lie in
`netguru/_shipped/`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from netguru.errors import UnknownNameError

_PACKAGE = Path(__file__).resolve().parent
Room = Literal["data", "docs", "notebooks", "dashboards", "extensions"]


def path(room: Room, *parts: str) -> Path:
    """Give the path of a shipped file or folder.

    Raises UnknownNameError when it is not there.

    >>> path("data", "tables").is_dir()
    True
    """
    shipped = _PACKAGE / "_shipped" / room
    base = shipped if shipped.is_dir() else _PACKAGE.parent / room
    found = base.joinpath(*parts)
    if not found.exists():
        raise UnknownNameError("resource", "/".join((room, *parts)), _names(found.parent))
    return found


def front_end(name: str) -> Path:
    """Give the path of a built part of the front end (`netguru/jupyter/static`).

    >>> front_end("graph.js").suffix
    '.js'
    """
    return _PACKAGE / "jupyter" / "static" / name


def _names(folder: Path) -> list[str]:
    return [item.name for item in folder.iterdir()] if folder.is_dir() else []


@cache
def table(*parts: str) -> dict[str, Any]:
    """Read a TOML table below `data/tables`; the result is shared, treat it as read-only."""
    with path("data", "tables", *parts).open("rb") as stream:
        return tomllib.load(stream)
