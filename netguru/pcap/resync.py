"""Finding the way again behind a damage: the next place where a chain of sensible records goes on.

A place is believed when several records follow each other from there, or records to the end of the
file; for pcap their lengths and fractions of a second must be possible and their times near those
before the damage, for pcapng both lengths of every block must agree.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

import numpy as np

from netguru.pcap.kernels.framing import MAX_BLOCK_BYTES, MAX_PACKET_BYTES, OBSOLETE, SIMPLE, SWAPPED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netguru.pcap.pcap_variants import Variant

CHAIN = 5
"""Records in a row that make a place believed, where the end of the file does not come before."""
NEAR_SECONDS = 7 * 86_400
"""How far the times of records may be from each other: a capture of a week with a damage in its middle."""
_FIRST_WINDOW, _WINDOW = 1 << 12, 1 << 20
# Records looked at in all searches of a file: in hostile bytes every place may look like the start of one.
_STEPS, _BYTES_A_STEP = 10_000, 500
_LAST_START = 12
_SECTION, _INTERFACE = 0x0A0D0D0A, 1
# Blocks that stand between packets: names, statistics, secrets, custom blocks.
_BETWEEN = frozenset({4, 5, 10, 0xBAD, 0x40000BAD})
_ENHANCED_ROOM, _SIMPLE_ROOM, _LEAST_SECTION = 32, 16, 28
_MAGIC = {"<": 0x1A2B3C4D, ">": 0x4D3C2B1A}


class Rules(Protocol):
    """Know what a sensible record of a format is."""

    def starts(self, data: bytes) -> NDArray[np.int64]:
        """Give the places in some bytes where a record may begin, by its header alone."""
        ...

    def follow(self, stream: IO[bytes], position: int, size: int) -> tuple[int, Rules]:
        """Give the place after the record at a position, -1 when it is not sensible, and the rules from there on."""
        ...


def _words(data: bytes, order: str, at: int) -> NDArray[np.uint32]:
    """Read the 32-bit word that lies `at` bytes behind every place of `data`."""
    return np.ndarray((max(len(data) - at - 3, 0),), dtype=f"{order}u4", buffer=data, offset=at, strides=(1,))


@dataclass(frozen=True, slots=True)
class PcapRules:
    """Know what a sensible pcap record is; `seconds` is the time of the last good one, if any."""

    variant: Variant
    seconds: int | None = None

    def starts(self, data: bytes) -> NDArray[np.int64]:
        """Give the places where times and lengths are possible."""
        count = len(data) - self.variant.record + 1
        if count <= 0:
            return np.empty(0, np.int64)
        time, fraction, first, second = (_words(data, self.variant.order, at)[:count] for at in (0, 4, 8, 12))
        captured, length = (second, first) if self.variant.lengths == SWAPPED else (first, second)
        good = (captured > 0) & (captured <= MAX_PACKET_BYTES) & (length <= MAX_PACKET_BYTES)
        good &= (captured <= length) & (fraction < 1_000_000_000 // self.variant.unit_ns)
        places = np.flatnonzero(good)
        if self.seconds is not None:
            places = places[np.abs(time[places].astype(np.int64) - self.seconds) <= NEAR_SECONDS]
        return places

    def follow(self, stream: IO[bytes], position: int, size: int) -> tuple[int, PcapRules]:
        """Step over one record; the next one is near its time."""
        stream.seek(position)
        head = stream.read(self.variant.record)
        if len(head) < self.variant.record or not self.starts(head).size:
            return -1, self
        fields: tuple[int, ...] = struct.unpack_from(f"{self.variant.order}IIII", head)
        time, _, first, second = fields
        captured = second if self.variant.lengths == SWAPPED else first
        following = position + self.variant.record + captured
        return (following, PcapRules(self.variant, time)) if following <= size else (-1, self)


@dataclass(frozen=True, slots=True)
class PcapngRules:
    """Know what a sensible pcapng block is, in a section with a byte order and so many interfaces."""

    order: str
    interfaces: int

    def starts(self, data: bytes) -> NDArray[np.int64]:
        """Give the places where a section begins, or a packet block of a known interface."""
        count = len(data) - _LAST_START + 1
        if count <= 0:
            return np.empty(0, np.int64)
        kind, size, third = (_words(data, self.order, at)[:count] for at in (0, 4, 8))
        local = third if self.order == "<" else third >> np.uint32(16)
        packet = (size % 4 == 0) & (size <= MAX_BLOCK_BYTES) & (size >= _SIMPLE_ROOM)
        packet &= ((kind == 6) & (third < self.interfaces)) | ((kind == SIMPLE) & (self.interfaces > 0))  # noqa: PLR2004 - an enhanced packet block
        packet |= (
            (kind == OBSOLETE) & ((local & 0xFFFF) < self.interfaces) & (size % 4 == 0) & (size <= MAX_BLOCK_BYTES)
        )
        section = (kind == _SECTION) & ((third == _MAGIC["<"]) | (third == _MAGIC[">"]))
        return np.flatnonzero(packet | section)

    def follow(self, stream: IO[bytes], position: int, size: int) -> tuple[int, PcapngRules]:
        """Step over one block; a section and its interfaces change the rules."""
        stream.seek(position)
        head = stream.read(28)
        rules = self._after(head)
        if rules is None:
            return -1, self
        fields: tuple[int, ...] = struct.unpack_from(f"{rules.order}II", head)
        kind, length = fields
        if length < _LAST_START or length % 4 or length > MAX_BLOCK_BYTES or position + length > size:
            return -1, self
        stream.seek(position + length - 4)
        if stream.read(4) != head[4:8] or not rules.sensible(kind, length, head):
            return -1, self
        return position + length, rules

    def _after(self, head: bytes) -> PcapngRules | None:
        """Give the rules that hold from a block on; None where it has no whole header or an unknown byte order."""
        if len(head) < _LAST_START:
            return None
        if head[:4] == b"\n\r\r\n":
            order = {_MAGIC["<"]: "<", _MAGIC[">"]: ">"}.get(struct.unpack_from("<I", head, 8)[0])
            return PcapngRules(order, 0) if order else None
        described = struct.unpack_from(f"{self.order}I", head)[0] == _INTERFACE
        return PcapngRules(self.order, self.interfaces + 1) if described else self

    def sensible(self, kind: int, length: int, head: bytes) -> bool:
        """Say whether a block of a possible length may stand between others."""
        if kind == _SECTION:
            return length >= _LEAST_SECTION
        if kind == _INTERFACE or kind in _BETWEEN:
            return True
        if not self.starts(head[:_LAST_START]).size:
            return False
        if kind == SIMPLE:
            return True
        captured: int = struct.unpack_from(f"{self.order}I", head, 20)[0]
        return captured <= min(length - _ENHANCED_ROOM, MAX_PACKET_BYTES)


@dataclass(slots=True)
class Patience:
    """Bound the work of all searches in a file: how many records may still be looked at."""

    left: int

    @classmethod
    def for_size(cls, size: int) -> Patience:
        """Allow for a file of a size in bytes what an honest one never needs."""
        return cls(_STEPS + size // _BYTES_A_STEP)


def resynchronise(
    stream: IO[bytes], offset: int, rules: Rules, patience: Patience, *, until: int = 0, through: int = 0
) -> int | None:
    """Find the first place from `offset` on where a chain of sensible records goes on; None when there is none.

    The search ends at `until` (0: the end of the stream). With `through` the chain must come by
    that place exactly (the end of the stream may be meant).
    """
    size = stream.seek(0, 2)
    for place in _places(stream, offset, min(until or size, size), rules):
        if _chained(stream, place, size, rules, patience, through):
            return place
        if patience.left <= 0:
            break
    return None


def _places(stream: IO[bytes], offset: int, until: int, rules: Rules) -> Iterator[int]:
    window = _FIRST_WINDOW
    while offset < until:
        stream.seek(offset)
        # Windows overlap by a header, so that none is cut by their edge.
        data = stream.read(min(window, until - offset) + 32)
        for place in rules.starts(data).tolist():
            if place < window and offset + place < until:
                yield offset + place
        offset += window
        window = min(2 * window, _WINDOW)


def _chained(stream: IO[bytes], place: int, size: int, rules: Rules, patience: Patience, through: int) -> bool:
    count = 0
    while place >= 0 and place != size and patience.left > 0:
        patience.left -= 1
        place, rules = rules.follow(stream, place, size)
        count += place >= 0
        if through:
            if place >= through:
                return place == through
        elif count >= CHAIN:
            return True
    return place == size and count > 0
