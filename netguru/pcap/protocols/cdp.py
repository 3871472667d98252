"""CDP, and Cisco's DTP and VTP, which share its SNAP header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, clean, has, ipv4, ipv6, is_long, mac, total, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

_CISCO, _GRE = 0x00000C, 47
_CDP, _VTP, _DTP = 0x2000, 0x2003, 0x2004
_CAPABILITIES = ("router", "trans-bridge", "source-route-bridge", "switch", "host", "igmp", "repeater", "phone")
_TLV_HEADER = 4
_ADDRESSES, _CAPABILITY, _NATIVE_VLAN, _DUPLEX, _MTU, _MANAGEMENT = 0x02, 0x04, 0x0A, 0x0B, 0x11, 0x16
_DOMAIN, _STATUS, _NEIGHBOR = 1, 2, 4
_IPV4_LENGTH, _IPV6_LENGTH = 4, 16
_IPV4_ID, _IPV6_ID = b"\xcc", b"\xaa\xaa\x03\x00\x00\x00\x86\xdd"


def _values(data: bytes) -> Iterator[tuple[int, bytes]]:
    # Type and length of two bytes each; the length counts them too.
    at = 0
    while at + 4 <= len(data):
        length = u16(data, at + 2)
        if length < _TLV_HEADER:
            return
        yield u16(data, at), data[at + 4 : at + length]
        at += length


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a CDP announcement."""
    row: Row = {"version": u8(payload, 0), "ttl": u8(payload, 1), "capabilities": [], "addresses": []}
    if row["version"] not in (1, 2):
        return []
    for kind, value in _values(payload[4:]):
        name = named("cdp", "text", kind, "-")
        if name != "-":
            row[name] = clean(value)
        elif kind == _ADDRESSES:
            row["addresses"] = _addresses(value)
        elif kind == _MANAGEMENT:
            row["management_addresses"] = _addresses(value)
        elif kind == _CAPABILITY and is_long(value, 4):
            bits = u32(value, 0)
            row["capabilities"] = [text for place, text in enumerate(_CAPABILITIES) if bits >> place & 1]
        elif kind == _NATIVE_VLAN and is_long(value, 2):
            row["native_vlan"] = u16(value, 0)
        elif kind == _DUPLEX and value:
            row["duplex"] = "full" if value[0] else "half"
        elif kind == _MTU and is_long(value, 4):
            row["mtu"] = u32(value, 0)
    return [row]


def _addresses(value: bytes) -> list[str]:
    found: list[str] = []
    at = 4
    for _ in range(min(u32(value, 0), 64) if has(value, 4) else 0):
        if at + 2 > len(value):
            break
        identity = value[at + 2 : at + 2 + value[at + 1]]
        at += 2 + value[at + 1]
        if at + 2 > len(value):
            break
        length = u16(value, at)
        if identity == _IPV4_ID and length == _IPV4_LENGTH and at + 6 <= len(value):
            found.append(ipv4(value, at + 2))
        elif identity == _IPV6_ID and length == _IPV6_LENGTH and at + 18 <= len(value):
            found.append(ipv6(value, at + 2))
        at += 2 + length
    return found


def brief(row: Row) -> str:
    """Put a CDP announcement into words."""
    text = f"CDP device {row.get('device') or 'unknown'} port {row.get('port') or 'unknown'}"
    for name, word in (("platform", "platform"), ("native_vlan", "native vlan"), ("duplex", "duplex"), ("mtu", "mtu")):
        if row.get(name) is not None:
            text += f" {word} {row[name]}"
    addresses = row.get("management_addresses") or row["addresses"]
    return text + (f" address {','.join(addresses)}" if addresses else "") + f" ttl {row['ttl']}"


@total
def decode_trunking(payload: bytes) -> list[Row]:
    """Decode a DTP frame: what the port wants to be and who sent it."""
    row: Row = {"version": u8(payload, 0)}
    for kind, value in _values(payload[1:]):
        if kind == _DOMAIN:
            row["domain"] = clean(value)
        elif kind == _STATUS and value:
            row["status"] = value[0]
            row["status_name"] = named("dtp", "status", value[0] & 7)
            row["trunking"] = bool(value[0] & 0x80)
        elif kind == _NEIGHBOR and is_long(value, 6):
            row["neighbor"] = mac(value, 0)
    return [row]


def brief_trunking(row: Row) -> str:
    """Put a DTP frame into words."""
    state = "trunk" if row.get("trunking") else "access"
    return f"DTP {row.get('status_name') or 'unknown'} operating as {state} domain {row.get('domain') or 'none'}"


@total
def decode_vlans(payload: bytes) -> list[Row]:
    """Decode the header of a VTP frame; a summary also has a revision."""
    kind = u8(payload, 1)
    length = min(u8(payload, 3), 32)
    row: Row = {"version": u8(payload, 0), "type": kind, "type_name": named("vtp", "type", kind)}
    row["domain"] = clean(payload[4 : 4 + length])
    if kind in (1, 2):
        row["revision"] = u32(payload, 36)
    return [row]


def brief_vlans(row: Row) -> str:
    """Put a VTP frame into words."""
    revision = f" revision {row['revision']}" if row.get("revision") is not None else ""
    return f"VTP {row['type_name']} domain {row['domain'] or 'none'}{revision}"


def _select(pid: int) -> pl.Expr:
    import polars as pl

    return (pl.col("snap_oui") == _CISCO) & (pl.col("snap_pid") == pid)


def select() -> pl.Expr:
    """Choose CDP by SNAP, and by ethertype on Cisco HDLC and in GRE."""
    import polars as pl

    # Flags and protocol are the first four bytes of a GRE header.
    in_gre = (pl.col("protocol") == _GRE) & (pl.col("payload_head").floordiv(1 << 32) % (1 << 16) == _CDP)
    return _select(_CDP) | (pl.col("ethertype") == _CDP) | in_gre


PROTOCOL = Protocol(name="cdp", layer="link", select=select, decode=decode, brief=brief)
TRUNKING = Protocol(
    name="dtp", layer="link", select=lambda: _select(_DTP), decode=decode_trunking, brief=brief_trunking
)
VLANS = Protocol(name="vtp", layer="link", select=lambda: _select(_VTP), decode=decode_vlans, brief=brief_vlans)
