"""The fault library: captures of known faults, each beside one without the fault and one that comes near it.

Every public name is loaded on first use.
"""

from __future__ import annotations

from netguru.lazy import lazily

_WHERE = {
    "Case": "catalogue",
    "cases": "catalogue",
    "compose": "composing",
    "fault": "operations",
    "list": "operations",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)
