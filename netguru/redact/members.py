"""Secrets in values of JSON form, where the name of a member tells what its text alone does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.redact.replacing import redact

if TYPE_CHECKING:
    from collections.abc import Callable


def redact_value(value: Any, *, text: Callable[[str], str] = lambda found: redact(found).text) -> Any:
    """Replace the secrets in all texts of a value; `text` does it for one text.

    >>> redact_value({"port": 22, "note": "enable me"})
    {'port': 22, 'note': 'enable me'}
    """
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {redact_value(name, text=text): _member(name, item, text) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_value(item, text=text) for item in value]
    return value


def _member(name: Any, item: Any, text: Callable[[str], str]) -> Any:
    if isinstance(item, str) and item and not set(item) & {'"', "\n"}:
        before = f'{name}: "'
        told = redact(f'{before}{item}"').text
        if told.startswith(before):
            return text(told[len(before) : -1])
    return redact_value(item, text=text)
