"""Syslog over UDP (RFC 3164, 5424): facility, severity and the message, without the secrets in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru import redact
from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.wire import Row, clean, total

if TYPE_CHECKING:
    import polars as pl

_PORT = 514
_PRIORITY = re.compile(rb"<(\d{1,3})>")
_HIGHEST = 191
_TEXT_LIMIT = 1024


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message."""
    found = _PRIORITY.match(payload)
    if found is None or int(found[1]) > _HIGHEST:
        return []
    facility, severity = divmod(int(found[1]), 8)
    text = clean(payload[found.end() :], _TEXT_LIMIT)
    return [
        {
            "facility": facility,
            "facility_name": named("syslog", "facility", facility),
            "severity": severity,
            "severity_name": named("syslog", "severity", severity),
            "text": redact.redact(text).text,
        }
    ]


def brief(row: Row) -> str:
    """Put a message into words."""
    return f"syslog {row['facility_name']}.{row['severity_name']} {row['text']}".rstrip()


def select() -> pl.Expr:
    """Choose UDP port 514."""
    return on_ports(17, _PORT)


PROTOCOL = Protocol(name="syslog", layer="transport", select=select, decode=decode, brief=brief)
