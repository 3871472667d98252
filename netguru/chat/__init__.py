"""The chat: questions in words, answered from the user's own files with every claim cited.

`events` holds the vocabulary and the protocol of engines, `turn` runs one question, `offline` answers without
a language model. Every public name is loaded on first use. In a notebook, `netguru.chat()` shows the chat itself.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from netguru.lazy import lazily

_WHERE = {
    "ask": "operations",
    "export": "operations",
    "list": "operations:list_conversations",
    "remove": "operations",
    "rename": "operations",
    "show": "operations",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)


class _Room(ModuleType):
    """The room itself is callable: `netguru.chat()` is what a user types first."""

    def __call__(self, folder: Any = None) -> Any:
        """Show the chat in a cell, about the files of a folder (by default the workspace's)."""
        # By name: the room lies below the surfaces and imports none of them.
        return import_module("netguru.jupyter.chat_widget").chat(folder)


sys.modules[__name__].__class__ = _Room
