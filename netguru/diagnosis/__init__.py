"""Across the rooms: facts of all sources joined, cross-checks, and the diagnosis of a folder."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = ["Comparison", "Diagnosis", "Kept", "compare", "diagnose", "keep", "run"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("netguru.diagnosis.operations"), "run" if name == "diagnose" else name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
