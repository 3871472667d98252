"""Device state: what devices report about themselves, as tables with line evidence.

Every public name is loaded on first use.
"""

from __future__ import annotations

from netguru.lazy import lazily

_WHERE = {
    "check": "operations",
    "commands": "collect",
    "facts_of": "facts",
    "frame": "schema",
    "kinds": "schema",
    "parse": "operations",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)
