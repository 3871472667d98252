"""ARP (RFC 826) with the probes and announcements of RFC 5227."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, ipv4, mac, total, u8, u16

if TYPE_CHECKING:
    import polars as pl

REQUEST, REPLY = 1, 2
_ETHERTYPE, _ETHERTYPE_REVERSE = 0x0806, 0x8035
_CISCO_HDLC = 104
_IPV4_OVER_ETHERNET = (0x0800, 6, 4)


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an ARP message for IPv4 over 6-byte hardware addresses; others give their opcode alone."""
    row: Row = {"opcode": u16(payload, 6)}
    row["opcode_name"] = named("arp", "opcode", row["opcode"])
    if (u16(payload, 2), u8(payload, 4), u8(payload, 5)) == _IPV4_OVER_ETHERNET:
        row["sender_mac"], row["sender_ip"] = mac(payload, 8), ipv4(payload, 14)
        row["target_mac"], row["target_ip"] = mac(payload, 18), ipv4(payload, 24)
        row["probe"] = row["sender_ip"] == "0.0.0.0"  # noqa: S104 - the address of RFC 5227's probe
        row["gratuitous"] = row["sender_ip"] == row["target_ip"]
    return [row]


def brief(row: Row) -> str:
    """Put an ARP message into words."""
    if not row.get("sender_ip"):
        return f"ARP {row['opcode_name']}"
    if row["opcode"] == REQUEST:
        return f"ARP who-has {row['target_ip']} tell {row['sender_ip']} from {row['sender_mac']}"
    return f"ARP {row['opcode_name']} {row['sender_ip']} is-at {row['sender_mac']}"


def select() -> pl.Expr:
    """Choose ARP and RARP by ethertype; on Cisco HDLC the latter number is SLARP's."""
    import polars as pl

    return pl.col("ethertype").is_in([_ETHERTYPE, _ETHERTYPE_REVERSE]) & (pl.col("link_type") != _CISCO_HDLC)


PROTOCOL = Protocol(name="arp", layer="link", select=select, decode=decode, brief=brief)
