"""The chat: questions in words, answered from the user's own files with every claim cited.

`events` holds the vocabulary and the protocol of engines, `turn` runs one question, `offline` answers without
a language model. Every public name is loaded on first use. In a notebook, `netguru.chat()` shows the chat itself.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
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


class _Room(ModuleType):
    """The room itself is callable: `netguru.chat()` is what a user types first."""

    def __call__(self, folder: Any = None) -> Any:
        """Show the chat in a cell, about the files of a folder (by default the workspace's)."""
        # By name: the room lies below the surfaces and imports none of them.
        return import_module("netguru.jupyter.chat_widget").chat(folder)


sys.modules[__name__].__class__ = _Room
