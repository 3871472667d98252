"""NetGuru's operations for other assistants, over the Model Context Protocol; every name is loaded on first use."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_NAMES = {
    "Offer": "netguru.mcp_server.tools",
    "mcp": "netguru.mcp_server.operations",
    "serve": "netguru.mcp_server.serving",
}

__all__ = ["Offer", "mcp", "serve"]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
