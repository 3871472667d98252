"""What a program gives its log to hide secrets with; the rules are loaded for the first event."""

from __future__ import annotations

from typing import Any


def hide(event: dict[str, Any]) -> dict[str, Any]:
    """Give an event of the log without secrets.

    >>> hide({"event": "provider.refused", "answer": "bad key sk-abcdefghijklmnopqrstuvwxyz0123"})["answer"][:17]
    'bad key REDACTED-'
    """
    from netguru.redact.members import redact_value

    found: dict[str, Any] = redact_value(event)
    return found
