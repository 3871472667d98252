"""Reports: a notebook run to the end with parameters, kept as a notebook and as a page that works offline."""

from __future__ import annotations

from netguru.lazy import lazily

_NAMES = {
    "Conclusion": "conclusion",
    "Page": "operations",
    "Report": "operations",
    "conclude": "conclusion",
    "html": "operations",
    "run": "operations",
}

__all__ = ["Conclusion", "Page", "Report", "conclude", "html", "run"]

__getattr__, __dir__ = lazily(__name__, _NAMES)
