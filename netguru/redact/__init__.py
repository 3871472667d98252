"""Secrets found in any text and replaced in their place: below everyone who stores, shows or sends.

    redact(text).text

The same secret has the same pseudonym, lines keep their numbers. The rules are a table (`data/tables/redact`).
Every public name is loaded on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netguru.redact.finding import Found, find
    from netguru.redact.members import redact_value
    from netguru.redact.replacing import Pseudonyms, Redaction, Secret, redact

__all__ = ["Found", "Pseudonyms", "Redaction", "Secret", "find", "redact", "redact_value"]

_WHERE = {
    "Found": "finding",
    "find": "finding",
    "redact_value": "members",
    "Pseudonyms": "replacing",
    "Redaction": "replacing",
    "Secret": "replacing",
    "redact": "replacing",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
