"""Reports: a notebook run to the end with parameters, kept as a notebook and as a page that works offline."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Conclusion": "netguru.reports.conclusion",
    "Page": "netguru.reports.operations",
    "Report": "netguru.reports.operations",
    "conclude": "netguru.reports.conclusion",
    "html": "netguru.reports.operations",
    "run": "netguru.reports.operations",
}

__all__ = ["Conclusion", "Page", "Report", "conclude", "html", "run"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
