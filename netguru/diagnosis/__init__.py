"""Across the rooms: facts of all sources joined, cross-checks, and the diagnosis of a folder."""

from __future__ import annotations

from netguru.lazy import lazily

_HOMES = {
    "Comparison": "operations",
    "Diagnosis": "operations",
    "Kept": "operations",
    "Pivoted": "pivot_rows",
    "Why": "explanation",
    "compare": "operations",
    "device": "pivot_operations",
    "diagnose": "operations:run",
    "flow": "pivot_operations",
    "interface": "pivot_operations",
    "ip": "pivot_operations",
    "keep": "operations",
    "run": "operations",
    "vlan": "pivot_operations",
    "why": "operations",
}
__all__ = [
    "Comparison",
    "Diagnosis",
    "Kept",
    "Pivoted",
    "Why",
    "compare",
    "device",
    "diagnose",
    "flow",
    "interface",
    "ip",
    "keep",
    "run",
    "vlan",
    "why",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
