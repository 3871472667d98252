"""Device state: what devices report about themselves, as tables with line evidence.

Every public name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "check": "operations",
    "commands": "collect",
    "facts_of": "facts",
    "frame": "schema",
    "kinds": "schema",
    "parse": "operations",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
