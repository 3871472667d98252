"""Across the rooms: facts of all sources joined, cross-checks, and the diagnosis of a folder."""

from __future__ import annotations

from typing import Any

__all__ = ["Diagnosis", "diagnose", "run"]


def __getattr__(name: str) -> Any:
    from netguru.diagnosis import operations

    if name in ("diagnose", "run"):
        return operations.run
    if name == "Diagnosis":
        return operations.Diagnosis
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
