"""A protocol's table: packets chosen by their columns, decoded, matched, one row a message.

Every table begins with the common columns below, then those declared in `data/tables/protocols`,
and ends with `copy_of`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.pcap.addresses import address_text, destination, mac_text, source
from netguru.pcap.protocols.base import Column, Protocol, begins, find

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
    "list[u16]": pl.List(pl.UInt16),
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
_REMEMBERED = 4096
# What tying messages to each other looks at beside the messages themselves.
_MATCHED = ("number", "time_ns", "src", "dst", "src_port", "dst_port", "flow", "copy_of")
NEEDED = (
    "number time_ns interface vlan eth_src eth_dst ip_version src_hi src_lo dst_hi dst_lo protocol ip_id ttl "
    "src_port dst_port tcp_seq flow offset captured network_offset network_length payload_offset payload_length "
    "payload_head tunnel"
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
    reading = _Reading(capture, protocol)
    if protocol.confirm is not None:
        packets = protocol.confirm(packets)
    size = 0
    heads: list[pl.DataFrame] = []
    bodies: list[pl.DataFrame] = []
    rows: list[Row] = []
    for part in packets.iter_slices(_DECODED_AT_ONCE):
        head, messages = reading.messages(part)
        size += len(messages)
        heads.append(head)
        if protocol.match is None:
            bodies.append(_frame(messages, protocol.columns))
        else:
            known = head.select(name for name in _MATCHED if name in head.columns).iter_rows(named=True)
            rows += [common | message for common, message in zip(known, messages, strict=True)]
        if most and size >= most:
            break
    if protocol.match is not None:
        protocol.match(rows)
        bodies.append(_frame(rows, protocol.columns))
    names = [column.name for column in schema(protocol.name)]
    nothing = _frame([], schema(protocol.name))
    if not heads:
        return nothing
    return pl.concat([nothing, pl.concat([pl.concat(heads), pl.concat(bodies)], how="horizontal").select(names)])


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
    return condition & begins(*protocol.starts)


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


class _Reading:
    """Read the messages of packets, part by part; what is sent again and again in the same bytes is decoded once."""

    def __init__(self, capture: CaptureFile, protocol: Protocol) -> None:
        self._capture = capture
        self._protocol = protocol
        self._copies = _Copies()
        self._known: dict[tuple[bool, bytes], list[Row]] = {}

    def messages(self, packets: pl.DataFrame) -> tuple[pl.DataFrame, list[Row]]:
        """Decode packets: what is common to all protocols as a table with a row for each message, and the messages."""
        payloads = read(self._capture, self._protocol, packets)
        messages: list[Row] = []
        places: list[int] = []
        for place, (number, payload) in enumerate(zip(packets["protocol"].to_list(), payloads, strict=True)):
            key = (number == _TCP, payload)
            said = self._known.get(key)
            if said is None:
                said = decode_payload(self._protocol, {"protocol": number}, payload)
                if len(self._known) < _REMEMBERED:
                    self._known[key] = said
            messages += said
            places += [place] * len(said)
        return self._common(packets, payloads)[places], messages

    def _common(self, packets: pl.DataFrame, payloads: list[bytes]) -> pl.DataFrame:
        texts: dict[str, list[str | None] | list[str]] = {
            "eth_src": [mac_text(mac) or None for mac in packets["eth_src"]],
            "src": _addresses(packets, "src"),
            "dst": _addresses(packets, "dst"),
        }
        columns = [pl.Series(name, values, pl.String) for name, values in texts.items()]
        copies = pl.Series(COPY.name, self._copies.of(packets, payloads), TYPES[COPY.type])
        names = ("number", "interface", "vlan", "tunnel", "src_port", "dst_port", "flow")
        return packets.select(*names, pl.col("time_ns").fill_null(0)).with_columns(*columns, copies)


def _addresses(packets: pl.DataFrame, end: str) -> list[str]:
    numbers = packets.select("ip_version", pl.col(f"{end}_hi", f"{end}_lo").fill_null(0), f"eth_{end}")
    return [
        address_text(version, high, low) if version else mac_text(mac)
        for version, high, low, mac in numbers.iter_rows()
    ]


class _Copies:
    """Recognise a message that was seen before."""

    def __init__(self) -> None:
        self._seen: dict[object, tuple[int, int, int]] = {}

    def of(self, packets: pl.DataFrame, payloads: list[bytes]) -> list[int | None]:
        """Give for each packet the number of the first one with the same message, None for the first itself."""
        about = packets.select(
            "number", pl.col("time_ns").fill_null(0), "interface", "ip_version", "protocol", "tcp_seq", "ip_id"
        )
        ip = packets.select("src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port")
        ends = zip(ip.iter_rows(), packets.select("eth_src", "eth_dst").iter_rows(), packets["flow"], strict=True)
        return [
            self._first(row, end, payload) for row, end, payload in zip(about.iter_rows(), ends, payloads, strict=True)
        ]

    def _first(self, about: tuple[Any, ...], ends: tuple[Any, ...], payload: bytes) -> int | None:
        number, time, interface, version, protocol, sequence, ip_id = about
        ip, link, flow = ends
        if protocol == _TCP and sequence is not None:
            return self._look((flow, ip[0], ip[1], ip[4], sequence, payload), number, time, interface, _TCP_COPY_NS)
        identity = ip_id if version == _IPV4 else None
        key: object = ((*ip, identity) if version else link, payload)
        if identity:
            return self._look(key, number, time, interface, _COPY_NS)
        found = self._seen.get(key)
        if found is not None and found[2] != interface and time - found[1] <= _COPY_NS_UNNUMBERED:
            return found[0]
        self._seen[key] = (number, time, interface)
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
