"""The fault library: captures of known faults, each beside one without the fault and one that comes near it.

Every public name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "Case": "catalogue",
    "cases": "catalogue",
    "compose": "composing",
    "fault": "operations",
    "list": "operations",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
