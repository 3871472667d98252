"""The canonical one-line description of a packet: what evidence quotes and a person reads.

Addresses, protocol, and the fields that decide. The same packet always gives the same words; a
secret (password, community, token) is never among them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from netguru.model.evidence import QUOTATION_LIMIT
from netguru.pcap.addresses import endpoint
from netguru.pcap.protocols.base import Protocol, named, protocols
from netguru.pcap.protocols.table import chosen, decode_payload, ends, read
from netguru.pcap.protocols.wire import Row, clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.pcap.capture import CaptureFile

_TCP, _UDP, _ICMP = 6, 17, 1
_FLAGS = ((0x002, "SYN"), (0x001, "FIN"), (0x004, "RST"), (0x008, "PSH"), (0x010, "ACK"), (0x020, "URG"))
_MESSAGES_SHOWN = 4
# Discovery is part of icmpv6, which says the same.
_SKIPPED = {"nd"}


def describe(capture: CaptureFile, numbers: Sequence[int]) -> dict[int, str]:
    """Describe packets of a capture, each in one line; what a tunnel carries follows behind a bar.

    Raises InputError when there is no such packet.
    """
    rows = capture.headers(numbers).filter(pl.col("tunnel") != "icmp").with_columns(**_choices())
    parts: dict[int, list[str]] = {}
    for place, packet in enumerate(rows.iter_rows(named=True)):
        text = _describe(capture, packet, rows.slice(place, 1))
        parts.setdefault(packet["number"], []).append(text)
    return {number: clean(" | ".join(texts), QUOTATION_LIMIT) for number, texts in parts.items()}


def _describe(capture: CaptureFile, packet: Row, row: pl.DataFrame) -> str:
    parts = [packet["tunnel"], _addresses(packet), _tagged(packet), _words(capture, packet, row)]
    return " ".join(part for part in (*parts, _remaining(packet)) if part)


@cache
def _choices() -> dict[str, pl.Expr]:
    return {f"is_{name}": chosen(item) for name, item in protocols().items() if name not in _SKIPPED}


def _addresses(packet: Row) -> str:
    source, destination = ends(packet)
    if packet["ip_version"]:
        source, destination = endpoint(source, packet["src_port"]), endpoint(destination, packet["dst_port"])
    return f"{source} > {destination}" if destination else source


def _tagged(packet: Row) -> str:
    tags = [str(packet[name]) for name in ("vlan", "inner_vlan") if packet[name] is not None]
    return f"vlan {','.join(tags)}" if tags else ""


def _words(capture: CaptureFile, packet: Row, row: pl.DataFrame) -> str:
    said = next(filter(None, (_said(capture, item, packet, row) for item in _protocols(packet))), "")
    if packet["fragment_offset"]:
        return f"{_ip_protocol(packet['protocol'])} fragment at {packet['fragment_offset']} id {packet['ip_id']}"
    if packet["protocol"] == _TCP and packet["tcp_flags"] is not None:
        return f"{_tcp(packet)} {said}".rstrip()
    return said or _other(packet)


def _protocols(packet: Row) -> list[Protocol]:
    """Give the protocols that the packet may be of: those that only its neighbours could confirm come last."""
    found = [item for name, item in protocols().items() if packet.get(f"is_{name}")]
    return sorted(found, key=lambda item: item.confirm is not None)


def _said(capture: CaptureFile, protocol: Protocol, packet: Row, row: pl.DataFrame) -> str:
    messages = decode_payload(protocol, packet, read(capture, protocol, row)[0])
    return "; ".join(protocol.brief(message) for message in messages[:_MESSAGES_SHOWN])


def _tcp(packet: Row) -> str:
    flags = packet["tcp_flags"]
    names = ",".join(name for bit, name in _FLAGS if flags & bit) or "none"
    text = f"TCP {names} seq {packet['tcp_seq']}"
    if flags & 0x010:
        text += f" ack {packet['tcp_ack']}"
    text += f" win {packet['tcp_window']} len {packet['payload_length'] or 0}"
    if packet["tcp_mss"] is not None:
        text += f" mss {packet['tcp_mss']}"
    return text + (" md5" if packet["tcp_has_md5"] else "")


def _other(packet: Row) -> str:
    if packet["ip_version"]:
        length = packet["payload_length"]
        return f"{_ip_protocol(packet['protocol'])} len {packet['ip_length'] if length is None else length}"
    if packet["snap_pid"] is not None:
        return f"SNAP 0x{packet['snap_oui']:06x}/0x{packet['snap_pid']:04x} len {packet['length']}"
    if packet["llc_dsap"] is not None:
        return f"LLC 0x{packet['llc_dsap']:02x} len {packet['length']}"
    if packet["ethertype"] is not None:
        return f"ethertype 0x{packet['ethertype']:04x} len {packet['length']}"
    return f"link type {packet['link_type']} len {packet['length']}"


def _ip_protocol(number: int | None) -> str:
    return "IP" if number is None else named("ip", "protocol", number, f"IP protocol {number}")


def _remaining(packet: Row) -> str:
    """Tell the TTL where it says something: not for protocols that do not leave their link."""
    if packet["ip_version"] and packet["protocol"] in (_TCP, _UDP, _ICMP) and packet["ttl"] is not None:
        return f"ttl {packet['ttl']}"
    return ""
