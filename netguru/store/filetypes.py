"""What kind of file a content is, by its first bytes; the marks are in `data/tables/filetypes.toml`."""

from __future__ import annotations

import re
from functools import cache

from netguru import resources

HEAD_BYTES = 65536
# Control characters that texts of devices really hold: tab, line ends, bell, backspace, form feed, escape, ETX.
_FIRST_PRINTABLE = 0x20
_TEXT_CONTROLS = frozenset(b"\t\n\r\x03\x07\x08\x0c\x1b")


@cache
def _marks() -> tuple[tuple[str, int, bytes], ...]:
    rows = resources.table("filetypes.toml")["types"]
    return tuple((row["name"], row.get("offset", 0), bytes.fromhex(mark)) for row in rows for mark in row["magic"])


@cache
def _texts() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["name"], re.compile(row["start"])) for row in resources.table("filetypes.toml")["texts"])


def kind_of(head: bytes) -> str:
    r"""Name the kind of a content by its first 64 KiB.

    >>> kind_of(bytes.fromhex("d4c3b2a1") + bytes(20)), kind_of(b'\n{"lldp": []}'), kind_of(b"hostname r1\n")
    ('pcap', 'json', 'text')
    """
    for name, offset, mark in _marks():
        if head[offset : offset + len(mark)] == mark:
            return name
    controls = sum(byte < _FIRST_PRINTABLE and byte not in _TEXT_CONTROLS for byte in head)
    if b"\0" in head or controls > len(head) // 50:
        return "binary"
    start = head[:4096].decode("utf-8-sig", "replace").lstrip()
    return next((name for name, pattern in _texts() if pattern.match(start)), "text")
