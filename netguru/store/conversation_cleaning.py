"""The one place where secrets leave a conversation before anything of it is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netguru.model.result import to_plain
from netguru.redact import redact, redact_value
from netguru.store.database import text_for_database

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence

TEXT_LIMIT = 1_000_000
"""Characters of a message that are kept."""


def cleaned(text: str, limit: int = TEXT_LIMIT) -> str:
    """Replace the secrets of a text in their place, and what no database takes."""
    return text_for_database(redact(text).text, limit)


def cleaned_value(value: Any) -> Any:
    """Clean every text of a JSON value; the value after a name that says secret is replaced with it."""
    return redact_value(to_plain(value), text=cleaned)


def cleaned_evidence(evidence: Evidence) -> Evidence:
    """Clean the quotation of an evidence."""
    return replace(evidence, source=cleaned(evidence.source), text=cleaned(evidence.text))
