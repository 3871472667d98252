"""Across the rooms: facts of all sources joined, cross-checks, and the diagnosis of a folder."""

from __future__ import annotations

from netguru.lazy import lazily

_HOMES = {
    "Comparison": "operations",
    "Diagnosis": "operations",
    "Kept": "operations",
    "compare": "operations",
    "diagnose": "operations:run",
    "keep": "operations",
    "run": "operations",
    "why": "operations",
    "Why": "explanation",
}
__all__ = ["Comparison", "Diagnosis", "Kept", "Why", "compare", "diagnose", "keep", "run", "why"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
