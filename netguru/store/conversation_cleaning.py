"""The one place where secrets leave a conversation before anything of it is stored."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from netguru.logs import redact
from netguru.model.result import to_plain
from netguru.store.database import text_for_database

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.model.evidence import Evidence

TEXT_LIMIT = 1_000_000
"""Characters of a message that are kept."""


def cleaned(text: str, limit: int = TEXT_LIMIT) -> str:
    """Replace the secrets of a text in their place, and what no database takes."""
    return text_for_database(_redactor()(text), limit)


@cache
def _redactor() -> Callable[[str], str]:
    """Give what hides secrets: the room for it where there is one, else that of the logs (passwords in URLs)."""
    if find_spec("netguru.redact") is None:
        return redact
    room = import_module("netguru.redact")
    return lambda text: str(room.redact(text).text)


def cleaned_value(value: Any) -> Any:
    """Clean every text of a JSON value; the value after a name that says secret is replaced with it."""
    plain = to_plain(value)
    if isinstance(plain, str):
        return cleaned(plain)
    if isinstance(plain, dict):
        return {cleaned(key): cleaned_value(item) for key, item in plain.items()}
    if isinstance(plain, list):
        return [cleaned_value(item) for item in plain]
    return plain


def cleaned_evidence(evidence: Evidence) -> Evidence:
    """Clean the quotation of an evidence."""
    return replace(evidence, source=cleaned(evidence.source), text=cleaned(evidence.text))
