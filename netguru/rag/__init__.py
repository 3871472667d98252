"""Answers from documents that can be checked: documents, chunks, embedders, index, retrieval, answers, evaluation.

Every public name is loaded on first use.
"""

from __future__ import annotations

from netguru.lazy import lazily

_WHERE = {
    "ask": "operations",
    "evaluate": "operations",
    "ingest": "operations",
    "remove": "operations",
    "search": "operations",
    "status": "operations",
    "view": "operations",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)
