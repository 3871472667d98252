"""OSPF versions 2 (RFC 2328) and 3 (RFC 5340): common header, hello, database description, requests, updates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, ipv4, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

HELLO, DATABASE, REQUEST, UPDATE, ACKNOWLEDGE = 1, 2, 3, 4, 5
_VERSION_2 = 2
_V2_HEADER, _V3_HEADER = 24, 16
_LSA_HEADER, _LSA_REQUEST = 20, 12
# RFC 2328 A.3.3: the bits of a database description in the order that they are written.
_FLAGS = ((0x08, "R"), (0x04, "I"), (0x02, "M"), (0x01, "MS"))


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an OSPF packet."""
    version, kind = u8(payload, 0), u8(payload, 1)
    if version not in (2, 3) or not HELLO <= kind <= ACKNOWLEDGE:
        return []
    row: Row = {
        "version": version,
        "type": kind,
        "type_name": named("ospf", "type", kind),
        "router_id": ipv4(payload, 4),
        "area": ipv4(payload, 8),
    }
    if version == _VERSION_2:
        row["auth_type"] = u16(payload, 14)
        body = payload[_V2_HEADER : max(u16(payload, 2), _V2_HEADER)]
    else:
        row["instance"] = u8(payload, 14)
        body = payload[_V3_HEADER : max(u16(payload, 2), _V3_HEADER)]
    _BODIES[kind](body, row)
    return [row]


def _hello(body: bytes, row: Row) -> None:
    if row["version"] == _VERSION_2:
        row["mask"], row["hello_interval"] = ipv4(body, 0), u16(body, 4)
        row["options"], row["priority"], row["dead_interval"] = u8(body, 6), u8(body, 7), u32(body, 8)
        at = 12
    else:
        row["interface_id"], row["priority"] = u32(body, 0), u8(body, 4)
        row["options"] = u32(body, 4) & 0xFFFFFF
        row["hello_interval"], row["dead_interval"] = u16(body, 8), u16(body, 10)
        at = 12
    row["dr"], row["bdr"] = ipv4(body, at), ipv4(body, at + 4)
    row["neighbors"] = [ipv4(body, place) for place in range(at + 8, len(body) - 3, 4)]


def _database(body: bytes, row: Row) -> None:
    at = 0 if row["version"] == _VERSION_2 else 4
    row["mtu"] = u16(body, at)
    row["options"] = u8(body, 2) if row["version"] == _VERSION_2 else u32(body, 0) & 0xFFFFFF
    bits = u8(body, at + 3)
    row["flags"] = ",".join(name for bit, name in _FLAGS if bits & bit)
    row["sequence"] = u32(body, at + 4)
    row["lsas"] = (len(body) - at - 8) // _LSA_HEADER


def _request(body: bytes, row: Row) -> None:
    row["lsas"] = len(body) // _LSA_REQUEST


def _update(body: bytes, row: Row) -> None:
    row["lsas"] = u32(body, 0)


def _acknowledge(body: bytes, row: Row) -> None:
    row["lsas"] = len(body) // _LSA_HEADER


_BODIES = {HELLO: _hello, DATABASE: _database, REQUEST: _request, UPDATE: _update, ACKNOWLEDGE: _acknowledge}


def brief(row: Row) -> str:
    """Put an OSPF packet into words."""
    protocol = "OSPF" if row["version"] == _VERSION_2 else "OSPFv3"
    text = f"{protocol} {row['type_name']} router {row['router_id']} area {row['area']}"
    if row["type"] == HELLO:
        mask = f" mask {row['mask']}" if row.get("mask") else ""
        text += (
            f"{mask} hello {row['hello_interval']} dead {row['dead_interval']} priority {row['priority']}"
            f" dr {row['dr']} bdr {row['bdr']} neighbors {','.join(row['neighbors']) or 'none'}"
        )
    elif row["type"] == DATABASE:
        text += f" mtu {row['mtu']} seq {row['sequence']} flags {row['flags'] or 'none'}"
    else:
        text += f" lsas {row['lsas']}"
    if row.get("auth_type"):
        text += f" auth {named('ospf', 'auth', row['auth_type'])}"
    return text


def select() -> pl.Expr:
    """Choose IP protocol 89."""
    return carried_by(89)


PROTOCOL = Protocol(name="ospf", layer="network", select=select, decode=decode, brief=brief)
