"""The chat: questions in words, answered from the user's own files with every claim cited.

`events` holds the vocabulary and the protocol of engines, `turn` runs one question, `offline` answers without
a language model. Every public name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_OPERATIONS = {
    "ask": "ask",
    "export": "export",
    "list": "list_conversations",
    "remove": "remove",
    "rename": "rename",
    "show": "show",
}


def __getattr__(name: str) -> Any:
    if name not in _OPERATIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.operations"), _OPERATIONS[name])


def __dir__() -> list[str]:
    return sorted(_OPERATIONS)
