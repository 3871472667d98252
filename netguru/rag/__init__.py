"""Answers from documents that can be checked: documents, chunks, embedders, index, retrieval, answers, evaluation.

Every public name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "ask": "operations",
    "evaluate": "operations",
    "ingest": "operations",
    "remove": "operations",
    "search": "operations",
    "status": "operations",
    "view": "operations",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
