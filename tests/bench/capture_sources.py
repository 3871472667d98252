"""The small real captures that the bench's mixes are grown from, and where their addresses stand."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "data/samples/lab", ROOT.parent / "shared/data/captures")
ETHERNET = 1
WINDOW_US = 900_000_000  # what a source holds after this is left out
LONGEST_PAUSE_US = 20_000_000  # longer silences inside a source are shortened to this, so that it fits the window
PCAP_UNITS = {0xA1B2C3D4: 1, 0xA1B23C4D: 1000}
VLAN_TAGS = {0x8100, 0x88A8, 0x9100}
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
EXTENSIONS = {0, 43, 60}
SUM_AT = {6: 16, 17: 6, 58: 2}  # where TCP, UDP and ICMPv6 keep the checksum


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet of a source and the places a copy changes in it (offsets within `data`; 0 = none)."""

    time_us: int
    length: int
    data: bytes
    src: int = 0
    dst: int = 0
    wide: bool = False  # the addresses have 16 bytes
    header_sum: int = 0
    transport_sum: int = 0
    protocol: int = 0
    flow: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One capture, its times starting at zero."""

    name: str
    packets: tuple[Packet, ...]

    @property
    def size(self) -> int:
        """Captured bytes and pcap record headers."""
        return sum(len(one.data) + 16 for one in self.packets)


def paths() -> list[Path]:
    """List the usable captures, in an order that does not depend on where the folders stand."""
    found: list[Path] = []
    for folder in FOLDERS:
        files = [one for one in folder.rglob("*.pcap*") if one.suffix in {".pcap", ".pcapng"}]
        found += sorted(files, key=lambda one: one.relative_to(folder).as_posix())
    return [one for one in found if not one.name.startswith(("malformed__", "format__"))]


def sources() -> list[Source]:
    """Read every Ethernet capture that holds packets."""
    found = []
    for path in paths():
        kept = list(records(path.read_bytes()))
        if kept and all(link == ETHERNET for link, *_ in kept):
            found.append(Source(name=path.name, packets=tuple(_placed(kept))))
    if not found:
        raise SystemExit(f"no captures to grow from in {', '.join(str(one) for one in FOLDERS)}")
    return found


def _placed(kept: list[tuple[int, int, int, bytes]]) -> Iterator[Packet]:
    now, before = 0, kept[0][1]
    for _, time_us, length, data in kept:
        now += min(max(0, time_us - before), LONGEST_PAUSE_US)  # the file's order stays, as times never go back
        before = time_us
        if now > WINDOW_US:
            return
        yield _located(now, length, data)


def records(raw: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield link type, microseconds, original length and bytes of each packet."""
    if raw[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _pcapng(raw)
        return
    for order in "<>":
        if len(raw) >= 24 and (magic := struct.unpack(order + "I", raw[:4])[0]) in PCAP_UNITS:
            link, at = struct.unpack(order + "I", raw[20:24])[0] & 0xFFFF, 24
            while at + 16 <= len(raw):
                sec, part, kept, length = struct.unpack_from(order + "IIII", raw, at)
                yield link, sec * 1_000_000 + part // PCAP_UNITS[magic], length, raw[at + 16 : at + 16 + kept]
                at += 16 + kept


def _pcapng(raw: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    at, order, links = 0, "<", list[tuple[int, int]]()
    while at + 12 <= len(raw):
        if raw[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if raw[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            links = []
        kind, size = struct.unpack_from(order + "II", raw, at)
        if kind == 1:
            links.append(
                (struct.unpack_from(order + "H", raw, at + 8)[0], _resolution(raw[at + 16 : at + size - 4], order))
            )
        elif kind == 6:
            interface, high, low, kept, length = struct.unpack_from(order + "IIIII", raw, at + 8)
            link, per_second = links[interface]
            yield link, (high << 32 | low) * 1_000_000 // per_second, length, raw[at + 28 : at + 28 + kept]
        at += max(size, 12)


def _resolution(options: bytes, order: str) -> int:
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack_from(order + "HH", options, at)
        if code == 9:
            value = options[at + 4]
            return 1 << (value & 0x7F) if value & 0x80 else int(10**value)
        at += 4 + (size + 3 & ~3)
    return 1_000_000


def _located(time_us: int, length: int, data: bytes) -> Packet:
    """Find the outermost IP or ARP addresses behind Ethernet, VLAN tags, MPLS labels and PPPoE."""
    at, kind = 14, int.from_bytes(data[12:14], "big")
    while kind in VLAN_TAGS and at + 4 <= len(data):
        at, kind = at + 4, int.from_bytes(data[at + 2 : at + 4], "big")
    if kind == 0x8864 and at + 8 <= len(data):
        at, kind = at + 8, {0x21: IPV4, 0x57: IPV6}.get(int.from_bytes(data[at + 6 : at + 8], "big"), 0)
    while kind == 0x8847 and at + 4 <= len(data):
        bottom = data[at + 2] & 1
        at += 4
        if bottom:
            kind = {4: IPV4, 6: IPV6}.get(data[at] >> 4 if at < len(data) else 0, 0)
    if kind == IPV4 and len(data) >= at + 20 and data[at] >> 4 == 4:
        return _ipv4(time_us, length, data, at)
    if kind == IPV6 and len(data) >= at + 40:
        return _ipv6(time_us, length, data, at)
    if kind == ARP and len(data) >= at + 28 and data[at + 2 : at + 6] == b"\x08\x00\x06\x04":
        return Packet(time_us=time_us, length=length, data=data, src=at + 14, dst=at + 24)
    return Packet(time_us=time_us, length=length, data=data)


def _ipv4(time_us: int, length: int, data: bytes, at: int) -> Packet:
    first = int.from_bytes(data[at + 6 : at + 8], "big") & 0x1FFF == 0
    protocol, payload = data[at + 9], at + (data[at] & 15) * 4
    return Packet(
        time_us=time_us, length=length, data=data, src=at + 12, dst=at + 16, header_sum=at + 10, protocol=protocol,
        transport_sum=_sum_at(data, protocol, payload) if first and protocol != 58 else 0,
        flow=_flow(data, protocol, payload if first else 0, at + 12, 4),
    )  # fmt: skip


def _ipv6(time_us: int, length: int, data: bytes, at: int) -> Packet:
    protocol, payload, first = data[at + 6], at + 40, True
    while protocol in EXTENSIONS and payload + 8 <= len(data):
        protocol, payload = data[payload], payload + 8 + data[payload + 1] * 8
    if protocol == 44 and payload + 8 <= len(data):
        first = int.from_bytes(data[payload + 2 : payload + 4], "big") & 0xFFF8 == 0
        protocol, payload = data[payload], payload + 8
    return Packet(
        time_us=time_us, length=length, data=data, src=at + 8, dst=at + 24, wide=True, protocol=protocol,
        transport_sum=_sum_at(data, protocol, payload) if first else 0,
        flow=_flow(data, protocol, payload if first else 0, at + 8, 16),
    )  # fmt: skip


def _sum_at(data: bytes, protocol: int, payload: int) -> int:
    """Return where the transport checksum stands; 0 when there is none, it is cut off, or UDP left it out."""
    at = payload + SUM_AT.get(protocol, len(data))
    if at + 2 > len(data) or (protocol == 17 and data[at : at + 2] == b"\0\0"):
        return 0
    return at


def _flow(data: bytes, protocol: int, payload: int, src: int, width: int) -> bytes:
    """Return a key for both directions of a TCP or UDP conversation, nothing for other packets."""
    if protocol not in {6, 17} or payload == 0 or payload + 4 > len(data):
        return b""
    ends = [
        data[src : src + width] + data[payload : payload + 2],
        data[src + width : src + 2 * width] + data[payload + 2 : payload + 4],
    ]
    return bytes([protocol]) + b"".join(sorted(ends))
