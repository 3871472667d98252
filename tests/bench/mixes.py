"""The bench's captures: mixes of real traffic grown to any size, floods of new flows, and repetitions.

Each source of `capture_sources.py` is overlaid many times on one window of fifteen minutes. Every copy
has addresses of its own (checksums follow) and starts at a time of its own; packets are merged in time
order and keep their original length. The same recipe gives the same bytes.

    python tests/bench/mixes.py mix 100 [OUT]       at least 100 MB, as pcap and pcapng
    python tests/bench/mixes.py flood 1000000       one SYN and one flow each
    python tests/bench/mixes.py repeat IN 10 OUT    the packets of IN ten times; OUT may be - or a FIFO
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent))
from capture_records import Bytes, Ints, Twins, joined, repeat
from capture_sources import ROOT, WINDOW_US, Packet, Source, sources

CACHE = Path(os.environ.get("NETGURU_BENCH_CACHE") or ROOT / "out/bench")
RECIPE = 1  # raise it when the bytes change, so that cached mixes are built anew
START_US = 1_700_000_000_000_000
CHUNK = 20_000
# A source of n bytes has about n ** 0.6 bytes' worth of copies: small ones are not drowned by the two large ones.
SIZE_POWER, TCP_FLOOR, FLOW_FLOOR, FLOW_POWER = 0.6, 0.2, 0.02, 0.2
NAMES = {
    1: "ICMP",
    2: "IGMP",
    4: "IPv4 in IP",
    6: "TCP",
    17: "UDP",
    47: "GRE",
    50: "ESP",
    58: "ICMPv6",
    88: "EIGRP",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """All sources' packets as columns; packet i of source s is row first[s] + i."""

    data: Bytes
    start: Ints
    kept: Ints
    length: Ints
    time: Ints
    src: Ints
    dst: Ints
    header_sum: Ints
    transport_sum: Ints
    protocol: Ints
    first: Ints
    count: Ints


def main(arguments: list[str]) -> None:
    """Build what the command line names."""
    match arguments:
        case ["mix", size, *rest]:
            print(json.dumps(mix(int(size), Path(rest[0]) if rest else None), indent=1))
        case ["flood", count, *rest]:
            print(flood(int(count), Path(rest[0]) if rest else None))
        case ["repeat", path, times, "-"]:
            repeat(Path(path), int(times), sys.stdout.buffer)
        case ["repeat", path, times, out]:
            with Path(out).open("wb") as file:
                print(repeat(Path(path), int(times), file))
        case _:
            raise SystemExit(__doc__)


def mix(megabytes: int, path: Path | None = None) -> dict[str, object]:
    """Build a mix of at least this many megabytes unless it is there; return its composition."""
    path = path or CACHE / f"mix{megabytes}-{RECIPE}.pcap"
    note = path.with_suffix(".json")
    if path.exists() and note.exists():
        found: dict[str, object] = json.loads(note.read_text())
        return found
    origin = sources()
    pool = _pool(origin)
    source, copies = _plan(origin, megabytes * 1_000_000)
    twins = Twins(path)
    packets = _write(pool, source, twins)
    digests = twins.close()
    found = {"path": str(path), "digests": digests, **_composition(origin, pool, copies, packets)}
    note.write_text(json.dumps(found, indent=1))
    return found


def flood(count: int, path: Path | None = None) -> Path:
    """Build a capture of `count` TCP SYNs, each from another address and port: as many flows as packets."""
    path = path or CACHE / f"flood{count}-{RECIPE}.pcap"
    if path.exists():
        return path
    frame = np.frombuffer(_syn(), np.uint8)
    twins = Twins(path, twin=False)
    for low in range(0, count, CHUNK):
        number = np.arange(low, min(count, low + CHUNK), dtype=np.int64)
        data = np.repeat(frame[None, :], len(number), axis=0)
        address = 0x0B000000 + (
            number * 0x9E3779B1 & 0xFFFFFF
        )  # an odd factor: as many addresses as numbers, up to 2**24
        ports = 1024 + number % 60_000
        data[:, 26:30] = address.astype(">u4")[:, None].view(np.uint8)
        data[:, 34:36] = ports.astype(">u2")[:, None].view(np.uint8)
        sizes = np.full(len(number), len(frame), np.int64)
        twins.write(START_US + number * 10, sizes, sizes, data.reshape(-1))
    twins.close()
    return path


def _syn() -> bytes:
    ethernet = bytes.fromhex("020000000001020000000002") + b"\x08\x00"
    ipv4 = bytes.fromhex("4500002800004000400600000b000000c6336401")
    return ethernet + ipv4 + bytes.fromhex("04000050000000010000000050022000") + bytes(4) + bytes(6)


def _plan(origin: list[Source], size: int) -> tuple[Ints, Ints]:
    """Return the source of each copy, and how many copies each source has."""
    weights = []
    for one in origin:
        packets = len(one.packets)
        tcp = sum(packet.protocol == 6 for packet in one.packets) / packets
        flows = len({packet.flow for packet in one.packets if packet.flow}) / packets
        weights.append(one.size ** (SIZE_POWER - 1) * (TCP_FLOOR + tcp) * (FLOW_FLOOR + flows) ** FLOW_POWER)
    sizes = [one.size for one in origin]
    scale = size / sum(weight * one for weight, one in zip(weights, sizes, strict=True))
    while True:
        copies = np.array([max(1, round(scale * weight)) for weight in weights], np.int64)
        if int(copies @ np.array(sizes)) >= size:
            return np.repeat(np.arange(len(origin)), copies), copies
        scale *= 1.002


def _pool(origin: list[Source]) -> Pool:
    packets = [packet for one in origin for packet in one.packets]
    count = np.array([len(one.packets) for one in origin], np.int64)
    kept = _column([len(one.data) for one in packets])
    return Pool(
        data=np.frombuffer(b"".join(one.data for one in packets), np.uint8),
        start=np.cumsum(kept) - kept,
        kept=kept,
        length=_column([one.length for one in packets]),
        time=_column([one.time_us for one in packets]),
        src=_column([_changed(one, one.src) for one in packets]),
        dst=_column([_changed(one, one.dst) for one in packets]),
        header_sum=_column([one.header_sum for one in packets]),
        transport_sum=_column([one.transport_sum for one in packets]),
        protocol=_column([one.protocol for one in packets]),
        first=np.cumsum(count) - count,
        count=count,
    )


def _column(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _changed(packet: Packet, at: int) -> int:
    """Return where the three bytes are that a copy changes; 0 in group, broadcast and unset addresses."""
    if at == 0:
        return 0
    first = packet.data[at]
    if not packet.wide:
        return 0 if first >= 224 or first == 0 else at + 1
    if first in {0, 0xFF}:
        return 0
    return at + 13 if first == 0xFE else at + 5


def _mixed(values: Ints) -> NDArray[np.uint64]:
    """Return well spread 64-bit numbers (the finaliser of splitmix64): fixed for ever, unlike a library's generator."""
    word = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def _write(pool: Pool, source: Ints, twins: Twins) -> Ints:
    """Write all copies' packets in time order; return how often each packet of the pool was written."""
    copy = np.arange(len(source), dtype=np.int64)
    keys = (copy + 1) * 0x9E3779 & 0xFFFFFF  # an odd factor: no two copies have the same key
    last = pool.time[pool.first + pool.count - 1]
    room = (WINDOW_US - last[source] + 1).astype(np.uint64)
    shift = (_mixed(copy + 1) % room).astype(np.int64)
    count = pool.count[source]
    rows = np.arange(int(count.sum())) + np.repeat(pool.first[source] - (np.cumsum(count) - count), count)
    whose = np.repeat(copy, count)
    times = pool.time[rows] + shift[whose]
    order = np.argsort(times, kind="stable")
    for low in range(0, len(order), CHUNK):
        chosen = order[low : low + CHUNK]
        row = rows[chosen]
        data = joined(pool.start[row], pool.kept[row], pool.data)
        _readdress(pool, row, keys[whose[chosen]], data)
        twins.write(START_US + times[chosen], pool.length[row], pool.kept[row], data)
    return np.bincount(rows, minlength=len(pool.start))


def _readdress(pool: Pool, row: Ints, keys: Ints, data: Bytes) -> None:
    """Change three bytes of each address by the copy's key, and the checksums by as much."""
    start = np.cumsum(pool.kept[row]) - pool.kept[row]
    change = np.zeros(len(row), np.int64)
    for column in (pool.src, pool.dst):
        some = np.flatnonzero(column[row])
        at, key = start[some] + column[row][some], keys[some]
        for offset, part in ((0, key >> 16), (1, key >> 8 & 0xFF), (2, key & 0xFF)):
            old = data[at + offset].astype(np.int64)
            new = old ^ part
            data[at + offset] = new
            change[some] += (new - old) << (8 if offset == 1 else 0)
    for column in (pool.header_sum, pool.transport_sum):
        some = np.flatnonzero(column[row])
        at = start[some] + column[row][some]
        old = data[at].astype(np.int64) << 8 | data[at + 1]
        total = ((old ^ 0xFFFF) + change[some]) % 0xFFFF  # RFC 1624, equation 3
        new = 0xFFFF - np.where(total == 0, 0xFFFF, total)
        if column is pool.transport_sum:
            new[(new == 0) & (pool.protocol[row[some]] == 17)] = 0xFFFF  # RFC 768: nought would mean "no checksum"
        data[at], data[at + 1] = new >> 8, new & 0xFF


def _composition(origin: list[Source], pool: Pool, copies: Ints, written: Ints) -> dict[str, object]:
    total = int(written.sum())
    shares = Counter[str]()
    for number, times in zip(pool.protocol.tolist(), written.tolist(), strict=True):
        shares[NAMES.get(number, "other IP" if number else "not IP")] += times
    flows = 0
    for one, first, times in zip(origin, pool.first.tolist(), copies.tolist(), strict=True):
        own: dict[bytes, bool] = {}
        for row, packet in enumerate(one.packets, first):
            if packet.flow:
                own[packet.flow] = bool(pool.src[row] or pool.dst[row])
        flows += sum(times if moves else 1 for moves in own.values())
    return {
        "sources": len(origin),
        "copies": int(copies.sum()),
        "packets": total,
        "captured": int(written @ pool.kept),
        "wire_bytes": int(written @ pool.length),
        "mean": round(float(written @ pool.kept) / total, 1),
        "cut_short": int(written[pool.length > pool.kept].sum()),
        "outer_tcp_udp_flows": flows,
        "percent": {name: round(100 * times / total, 2) for name, times in shares.most_common()},
    }


if __name__ == "__main__":
    main(sys.argv[1:])
