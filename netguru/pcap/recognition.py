"""Recognising a capture by its first bytes, without anything that reads one: every file is asked, texts too."""

from __future__ import annotations

from netguru.pcap.pcap_variants import MAGICS

SECTION_MAGIC = bytes.fromhex("0a0d0d0a")
SNOOP_MAGIC = b"snoop\0\0\0"


def recognise(head: bytes) -> str:
    """Name the format of a stream by its first bytes; empty when it is no capture.

    >>> recognise(bytes.fromhex("d4c3b2a1")), recognise(b"hostname r1")
    ('pcap', '')
    """
    if head[:4] in MAGICS:
        return MAGICS[head[:4]].format
    if head[:4] == SECTION_MAGIC:
        return "pcapng"
    return "snoop" if head[:8] == SNOOP_MAGIC else ""
