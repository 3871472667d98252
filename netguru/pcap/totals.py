"""Totals of a capture, added up chunk by chunk: packets, bytes, times, and what was not decoded and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru import resources
from netguru.model.coverage import Coverage, Gap
from netguru.pcap.counting import distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk
    from netguru.pcap.framing import Found

_PLACES = 5
_IP_TYPES = (0x0800, 0x86DD)
# Codes of the reasons; that of a link type or an EtherType has its number added.
_NETWORK, _IP, _LINK, _TYPE = 1, 2, 1 << 20, 1 << 21


@dataclass(slots=True)
class Totals:
    """Add up the captured packets; times are nanoseconds since the epoch, None without a time stamp."""

    packets: int = 0
    bytes: int = 0
    captured: int = 0
    first_ns: int | None = None
    last_ns: int | None = None
    cut: int = 0
    cut_to: int = 0
    cut_examples: list[int] = field(default_factory=list)
    undecoded: dict[str, tuple[int, list[int]]] = field(default_factory=dict)

    def take(self, chunk: Chunk) -> None:
        """Add a chunk."""
        rows = chunk.captured()
        length, captured = chunk.values("length")[rows], chunk.values("captured")[rows]
        self.packets += rows.size
        self.bytes += int(length.sum(dtype=np.int64))
        self.captured += int(captured.sum(dtype=np.int64))
        times, timed = chunk.values("time_ns").view(np.int64)[rows], chunk.has("time")[rows]
        times = times if timed.all() else times[timed]
        if times.size:
            first, last = int(times.min()), int(times.max())
            self.first_ns = first if self.first_ns is None else min(self.first_ns, first)
            self.last_ns = last if self.last_ns is None else max(self.last_ns, last)
        short = captured < length
        if short.any():
            self.cut += int(short.sum())
            self.cut_to = max(self.cut_to, int(captured[short].max()))
            self.cut_examples += chunk.values("number")[rows][short][:_PLACES].tolist()
        self._reasons(chunk, rows)

    def _reasons(self, chunk: Chunk, rows: NDArray[np.int64]) -> None:
        links, decoded = chunk.values("link_type"), (chunk.values("ip_version") > 0) | chunk.has("llc")
        # Most packets are decoded: what follows looks at the others alone.
        rows = rows[~(decoded & _known_links()[links])[rows]]
        if not rows.size:
            return
        link, kind = links[rows].astype(np.int64), chunk.values("ethertype")[rows].astype(np.int64)
        is_ip = ~chunk.has("ethertype")[rows] | np.isin(kind, _IP_TYPES)
        codes = np.where(is_ip, _IP, np.where(_known_types()[kind], 0, _TYPE + kind))
        codes = np.where(chunk.has("network")[rows], codes, _NETWORK)
        codes = np.where(_known_links()[link], codes, _LINK + link)
        for code in distinct(codes[codes > 0]).tolist():
            here = np.flatnonzero(codes == code)
            count, places = self.undecoded.get(reason := _reason(code), (0, []))
            fresh = chunk.values("number")[rows[here[: _PLACES - len(places)]]].tolist()
            self.undecoded[reason] = (count + here.size, places + fresh)

    def coverage(self, found: Found, source: str) -> Coverage:
        """Say which packets were decoded to a known protocol above the link layer, and list the others."""
        gaps = tuple(
            Gap(reason=reason, count=count, places=tuple(f"packet {number}" for number in places))
            for reason, (count, places) in sorted(self.undecoded.items())
        )
        notes = [f"byte {damage.offset}: {damage.message}" for damage in found.damage] + found.notes
        missing = []
        if self.cut:
            notes.append(f"{self.cut} of {self.packets} packets were captured in part")
            missing.append("a capture with a larger snapshot length (tcpdump -s 0)")
        if not self.packets:
            notes.append("the capture holds no packet")
        dropped = sum(interface.dropped or 0 for interface in found.interfaces)
        if dropped:
            notes.append(f"the recording machine dropped {dropped} packets")
        return Coverage(
            unit="packets",
            total=self.packets,
            read=self.packets - sum(gap.count for gap in gaps),
            gaps=gaps,
            notes=tuple(notes),
            missing=tuple(missing),
            source=source,
        )


def _reason(code: int) -> str:
    if code == _NETWORK:
        return "the link layer is cut short or its payload is not decoded"
    if code == _IP:
        return "the IP header is cut short or damaged"
    if code < _TYPE:
        return f"link type {code - _LINK} is not decoded"
    return f"EtherType 0x{code - _TYPE:04x} is not decoded"


@cache
def _known_links() -> NDArray[np.bool_]:
    from netguru.pcap.columns_link import DECODED_LINK_TYPES

    known = np.zeros(1 << 16, np.bool_)
    known[sorted(DECODED_LINK_TYPES)] = True
    return known


@cache
def _known_types() -> NDArray[np.bool_]:
    table: dict[str, Any] = resources.table("pcap.toml")["ethertypes"]
    known = np.zeros(1 << 16, np.bool_)
    known[[int(number, 0) for number in table]] = True
    return known
