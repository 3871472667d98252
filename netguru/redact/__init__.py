"""Secrets found in any text and replaced in their place: below everyone who stores, shows or sends.

    redact(text).text

The same secret has the same pseudonym, lines keep their numbers. The rules are a table (`data/tables/redact`).
Every public name is loaded on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.lazy import lazily

if TYPE_CHECKING:
    from netguru.redact.finding import Found, find
    from netguru.redact.members import redact_value
    from netguru.redact.replacing import Pseudonyms, Redaction, Secret, redact
    from netguru.redact.typed import redact_typed

__all__ = ["Found", "Pseudonyms", "Redaction", "Secret", "find", "redact", "redact_typed", "redact_value"]

_WHERE = {
    "Found": "finding",
    "find": "finding",
    "redact_value": "members",
    "Pseudonyms": "replacing",
    "Redaction": "replacing",
    "Secret": "replacing",
    "redact": "replacing",
    "redact_typed": "typed",
}

__getattr__, __dir__ = lazily(__name__, _WHERE)
