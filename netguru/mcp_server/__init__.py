"""NetGuru's operations for other assistants, over the Model Context Protocol; every name is loaded on first use."""

from __future__ import annotations

from netguru.lazy import lazily

_NAMES = {
    "Offer": "tools",
    "mcp": "operations",
    "serve": "serving",
}

__all__ = ["Offer", "mcp", "serve"]

__getattr__, __dir__ = lazily(__name__, _NAMES)
