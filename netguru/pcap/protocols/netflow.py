"""NetFlow versions 5 and 9 (RFC 3954) and IPFIX (RFC 7011): the headers, whose numbers tell what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, begins, named, on_ports
from netguru.pcap.protocols.wire import Row, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

FIVE, NINE, IPFIX = 5, 9, 10
_PORTS = (2055, 2056, 2057, 4432, 4739, 9555, 9991, 9993, 9995, 9996)
_RECORD_5, _HEADER_5, _HEADER_9, _MOST_RECORDS_5 = 48, 24, 20, 30
_MOST_SETS, _SET_HEADER, _FIRST_DATA = 64, 4, 256


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the header, and count the sets of templates and of data."""
    version = u16(payload, 0)
    row: Row = {"version": version, "version_name": named("netflow", "version", version)}
    if version == FIVE:
        count = u16(payload, 2)
        if not 0 < count <= _MOST_RECORDS_5 or len(payload) > _HEADER_5 + _RECORD_5 * count:
            return []
        row |= {"count": count, "uptime_ms": u32(payload, 4), "export_time": u32(payload, 8)}
        row |= {"sequence": u32(payload, 16), "source": u8(payload, 20) << 8 | u8(payload, 21)}
        return [row]
    if version == NINE:
        row |= {"count": u16(payload, 2), "uptime_ms": u32(payload, 4), "export_time": u32(payload, 8)}
        row |= {"sequence": u32(payload, 12), "source": u32(payload, 16)}
        _sets(payload, _HEADER_9, row)
        return [row]
    if version == IPFIX and u16(payload, 2) <= len(payload):
        row |= {"export_time": u32(payload, 4), "sequence": u32(payload, 8), "source": u32(payload, 12)}
        _sets(payload, 16, row)
        return [row]
    return []


def _sets(payload: bytes, at: int, row: Row) -> None:
    row["template_sets"] = row["data_sets"] = 0
    for _ in range(_MOST_SETS):
        if at + _SET_HEADER > len(payload):
            return
        kind, size = u16(payload, at), u16(payload, at + 2)
        if size < _SET_HEADER:
            return
        row["data_sets" if kind >= _FIRST_DATA else "template_sets"] += 1
        at += size


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"{row['version_name']} sequence {row['sequence']} source {row['source']}"
    return text + (f" records {row['count']}" if row.get("count") is not None else "")


def select() -> pl.Expr:
    """Choose the usual UDP ports of collectors where a message begins with a known version."""
    return on_ports(17, *_PORTS) & begins(*(bytes((0, version)) for version in (FIVE, NINE, IPFIX)))


PROTOCOL = Protocol(name="netflow", layer="transport", select=select, decode=decode, brief=brief)
