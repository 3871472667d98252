"""A protocol's table: packets chosen by their columns, decoded, matched, one row a message.

Every table begins with the common columns below, then those declared in `data/tables/protocols`,
and ends with `copy_of`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.pcap.addresses import destination, mac_text, source
from netguru.pcap.protocols.base import Column, Protocol, find

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.protocols.wire import Row

TYPES: dict[str, Any] = {
    "u8": pl.UInt8,
    "u16": pl.UInt16,
    "u32": pl.UInt32,
    "u64": pl.UInt64,
    "i64": pl.Int64,
    "f64": pl.Float64,
    "bool": pl.Boolean,
    "str": pl.String,
    "list[str]": pl.List(pl.String),
    "list[u8]": pl.List(pl.UInt8),
}
COMMON = (
    Column(name="number", type="u32", meaning="packet number", field="frame.number"),
    Column(name="time_ns", type="i64", meaning="nanoseconds since the epoch", field="frame.time_epoch"),
    Column(name="interface", type="u16", meaning="capture interface", field="frame.interface_id"),
    Column(name="vlan", type="u16", meaning="outermost VLAN tag", field="vlan.id"),
    Column(name="tunnel", type="str", meaning="tunnel that the packet was found in (gre, vxlan, ...); empty for none"),
    Column(name="eth_src", type="str", meaning="source hardware address", field="eth.src"),
    Column(name="src", type="str", meaning="source address, IP or hardware", field="ip.src"),
    Column(name="dst", type="str", meaning="destination address, IP or hardware", field="ip.dst"),
)
TRANSPORT = (
    Column(name="src_port", type="u16", meaning="source port", field="udp.srcport"),
    Column(name="dst_port", type="u16", meaning="destination port", field="udp.dstport"),
    Column(name="flow", type="u32", meaning="conversation in the flow table"),
)
COPY = Column(
    name="copy_of",
    type="u32",
    meaning="number of the first packet with the same message: seen at another interface, or sent again by TCP",
)
_TCP, _GRE, _IPV4 = 6, 47, 4
_DECODED_AT_ONCE = 2000
NEEDED = (
    "number time_ns interface vlan eth_src eth_dst ip_version src_hi src_lo dst_hi dst_lo protocol ip_id ttl "
    "src_port dst_port tcp_seq flow offset captured network_offset network_length payload_offset payload_length tunnel"
).split()
# One message passes all interfaces of a device within some milliseconds; half a second also covers
# a loaded recorder and is shorter than the interval of any hello with an IP identification of its own.
_COPY_NS = 500_000_000
_COPY_NS_UNNUMBERED = 50_000_000
# TCP gives up on a segment after minutes, and sequence numbers do not come around earlier.
_TCP_COPY_NS = 600_000_000_000


def schema(name: str) -> tuple[Column, ...]:
    """Declare all columns of a protocol's table in order; raises UnknownNameError."""
    protocol = find(name)
    middle = TRANSPORT if protocol.layer == "transport" else ()
    return (*COMMON, *middle, *protocol.columns, COPY)


def table(capture: CaptureFile, name: str) -> pl.DataFrame:
    """Give the messages of a protocol, one row each in the order of the file.

    Raises UnknownNameError for a name that is not in `protocols()`.
    """
    protocol = find(name)
    return decoded(capture, protocol, capture.messages().packets(protocol.name))


def decoded(capture: CaptureFile, protocol: Protocol, packets: pl.DataFrame, most: int = 0) -> pl.DataFrame:
    """Decode packets with the columns `NEEDED` into messages, and match these with each other.

    With `most`, decoding stops behind the packet with which there are as many messages.
    """
    columns = schema(protocol.name)
    copies = _Copies()
    rows: list[Row] = []
    parts = [_frame([], columns)]
    for part in packets.iter_slices(_DECODED_AT_ONCE):
        rows += _rows(capture, protocol, part, copies)
        if protocol.match is None:
            parts.append(_frame(rows, columns))
            rows = []
        if most and sum(each.height for each in parts) + len(rows) >= most:
            break
    if protocol.match is not None:
        protocol.match(rows)
        parts.append(_frame(rows, columns))
    return pl.concat(parts)


def _frame(rows: list[Row], columns: tuple[Column, ...]) -> pl.DataFrame:
    types = {column.name: TYPES[column.type] for column in columns}
    return pl.DataFrame({column.name: [row.get(column.name) for row in rows] for column in columns}, schema=types)


def chosen(protocol: Protocol) -> pl.Expr:
    """Give the expression that selects a protocol's packets, by columns and by first bytes."""
    condition = protocol.select()
    if protocol.layer != "link":
        # Later fragments have no header of the protocol.
        condition = condition & (pl.col("fragment_offset") == 0)
    if not protocol.starts:
        return condition
    head = pl.col("payload_head")
    fits = pl.lit(value=False)
    for start in protocol.starts:
        size = min(len(start), 8)
        mask = ((1 << 8 * size) - 1) << 8 * (8 - size)
        wanted = int.from_bytes(start[:8].ljust(8, b"\0"), "big")
        fits = fits | ((head & pl.lit(mask, dtype=pl.UInt64)) == pl.lit(wanted, dtype=pl.UInt64))
    return condition & fits


def read(capture: CaptureFile, protocol: Protocol, rows: pl.DataFrame) -> list[bytes]:
    """Read what the protocol's decoder gets from rows of the packet table, without padding."""
    if protocol.layer != "link":
        return capture.payloads(rows)
    carried = zip(rows["protocol"].to_list(), capture.link_payloads(rows), capture.payloads(rows), strict=True)
    return [_behind_gre(payload) if number == _GRE else link for number, link, payload in carried]


def _behind_gre(payload: bytes) -> bytes:
    # Checksum, key and sequence number take four bytes each where their flag is set (RFC 2890).
    flags = payload[0] if payload else 0
    return payload[4 + 4 * sum(bool(flags & bit) for bit in (0x80, 0x20, 0x10)) :]


def decode_payload(protocol: Protocol, packet: Row, payload: bytes) -> list[Row]:
    """Decode the messages of one packet."""
    if packet["protocol"] == _TCP and protocol.decode_tcp is not None:
        return protocol.decode_tcp(payload)
    return protocol.decode(payload)


def ends(packet: Row) -> tuple[str, str]:
    """Give source and destination of a packet: IP addresses, or hardware addresses without IP."""
    if packet["ip_version"]:
        return source(packet), destination(packet)
    return mac_text(packet["eth_src"]), mac_text(packet["eth_dst"])


def _rows(capture: CaptureFile, protocol: Protocol, packets: pl.DataFrame, copies: _Copies) -> list[Row]:
    rows: list[Row] = []
    for packet, payload in zip(packets.iter_rows(named=True), read(capture, protocol, packets), strict=True):
        sender, receiver = ends(packet)
        common = {
            "number": packet["number"],
            "time_ns": packet["time_ns"] or 0,
            "interface": packet["interface"],
            "vlan": packet["vlan"],
            "tunnel": packet["tunnel"],
            "eth_src": mac_text(packet["eth_src"]) or None,
            "src": sender,
            "dst": receiver,
            "src_port": packet["src_port"],
            "dst_port": packet["dst_port"],
            "flow": packet["flow"],
            "copy_of": copies.first(packet, payload),
        }
        rows += [common | message for message in decode_payload(protocol, packet, payload)]
    return rows


class _Copies:
    """Recognise a message that was seen before."""

    def __init__(self) -> None:
        self._seen: dict[object, tuple[int, int, int]] = {}

    def first(self, packet: Row, payload: bytes) -> int | None:
        """Give the number of the first packet with the same message, None when this is the first."""
        time, interface = packet["time_ns"] or 0, packet["interface"]
        if packet["protocol"] == _TCP and packet["tcp_seq"] is not None:
            key: object = (packet["flow"], packet["src_hi"], packet["src_lo"], packet["src_port"], packet["tcp_seq"])
            return self._look((key, payload), packet["number"], time, interface, _TCP_COPY_NS)
        identity = packet["ip_id"] if packet["ip_version"] == _IPV4 else None
        ports = packet["src_port"], packet["dst_port"]
        if packet["ip_version"]:
            key = (packet["src_hi"], packet["src_lo"], packet["dst_hi"], packet["dst_lo"], *ports, identity)
        else:
            key = (packet["eth_src"], packet["eth_dst"])
        if identity:
            return self._look((key, payload), packet["number"], time, interface, _COPY_NS)
        found = self._seen.get((key, payload))
        if found is not None and found[2] != interface and time - found[1] <= _COPY_NS_UNNUMBERED:
            return found[0]
        self._seen[key, payload] = (packet["number"], time, interface)
        return None

    def _look(self, key: object, number: int, time: int, interface: int, within: int) -> int | None:
        found = self._seen.get(key)
        if found is not None and time - found[1] <= within:
            return found[0]
        self._seen[key] = (number, time, interface)
        return None


def originals(rows: pl.DataFrame) -> pl.DataFrame:
    """Leave out the rows that repeat a message."""
    return rows.filter(pl.col("copy_of").is_null())


def numbers(rows: pl.DataFrame | Iterable[Row]) -> list[int]:
    """Give the packet numbers of rows, each once, in order."""
    found = rows["number"].to_list() if isinstance(rows, pl.DataFrame) else [row["number"] for row in rows]
    return sorted(set(found))
