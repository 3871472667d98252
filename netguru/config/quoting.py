"""Evidence from a configuration: exact lines, never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.config.secrets import without_secret
from netguru.model.config import runs

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig, Interface, Lines
    from netguru.model.evidence import Evidence

_MOST_RUNS = 8
"""Quotations of one thing at most: a name that is used everywhere is shown at its first places."""


def proof(config: DeviceConfig, lines: Lines) -> tuple[Evidence, ...]:
    """Quote lines of a configuration, one evidence for each unbroken run.

    A run that holds a secret is quoted by the part of its first line before it.
    """
    return tuple(_quote(config, start, end) for start, end in runs(lines)[:_MOST_RUNS])


def _quote(config: DeviceConfig, start: int, end: int) -> Evidence:
    piece = config.piece
    texts = piece.lines[start - piece.first_line : end - piece.first_line + 1]
    if all(without_secret(text) == text for text in texts):
        return piece.evidence(start, end)
    return piece.evidence(start, end, without_secret(texts[0]) if texts else "")


def heading(config: DeviceConfig, lines: Lines) -> tuple[Evidence, ...]:
    """Quote the first line of a block over its first unbroken range: what is not stated is not in it."""
    if not lines:
        return absence(config)
    start, end = runs(lines)[0]
    first = config.piece.lines[start - config.piece.first_line]
    return (config.piece.evidence(start, end, without_secret(first)),)


def absence(config: DeviceConfig) -> tuple[Evidence, ...]:
    """Prove that something is not in a configuration by its whole range, quoted by its host name."""
    piece = config.piece
    lines = piece.lines
    last = piece.first_line + max(len(lines), 1) - 1
    wanted = next((text for text in lines if config.hostname and config.hostname in text), "")
    text = without_secret(wanted or next((text for text in lines if text.strip()), ""))
    return (piece.evidence(piece.first_line, last, text),)


def interface_block(config: DeviceConfig, interface: Interface) -> tuple[Evidence, ...]:
    """Quote the heading of an interface over its block."""
    return heading(config, interface.lines)
