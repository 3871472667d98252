"""Framing as kernels: the walk from record to record of pcap files and from block to block of pcapng files.

The pcapng kernel takes only whole packet blocks that are in order; it stops at everything else, and
its caller handles that one block. So the rare blocks and every damage have one home, in Python.
"""

from __future__ import annotations

from typing import Any

from netguru.pcap.kernels import kernel

Data = Any
"""Bytes: `bytes` in Python, an array of uint8 compiled."""
Words = Any
"""32-bit words in the byte order of the machine: a memoryview in Python, an array of uint32 compiled."""
Rows = Any

NO_TIME = -(2**63)
"""Stands in `time_ns` for a packet without a time stamp."""
ODD_TIME = NO_TIME + 1
"""Stands in `time_ns` where the ticks of a clock do not fit the arithmetic here: the caller computes it."""
MAX_PACKET_BYTES = 262_144
MAX_BLOCK_BYTES = 16 << 20
LAST_SECOND = (2**63 - 1) // 1_000_000_000 - 1

# Why a kernel returns: more bytes are needed; the rows are full; what lies at the position is for the caller.
SHORT, FULL, OTHER = 0, 1, 2
# How the two lengths of a pcap record lie: in order, swapped, or swapped where they make no sense otherwise.
IN_ORDER, SWAPPED, MAYBE_SWAPPED = 0, 1, 2

# An interface in the flat table of a section: ticks in a second (0: for the caller), then the factor and the
# divisor that make nanoseconds of the ticks within a second, the seconds to add, its number and link type in the
# capture, and the packets that packet blocks report as lost (-1: no block says).
UNITS, FACTOR, DIVISOR, OFFSET, INDEX, LINK_TYPE, LOST = 0, 1, 2, 3, 4, 5, 6
STRIDE = 7

WORD = 0xFFFFFFFF
ENHANCED, SIMPLE, OBSOLETE = 6, 3, 2
_DROP_COUNT = 4


@kernel
def le32(data: Data, at: int) -> int:
    """Read a little-endian 32-bit field; the mask tells the compiler that the place is not negative."""
    at &= WORD
    value: int = data[at] | data[at + 1] << 8 | data[at + 2] << 16 | data[at + 3] << 24
    return value & WORD


@kernel
def be32(data: Data, at: int) -> int:
    """Read a big-endian 32-bit field."""
    at &= WORD
    value: int = data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
    return value & WORD


@kernel
def pcap_records(
    data: Data, position: int, end: int, row: int, capacity: int,
    big: int, header: int, unit_ns: int, order: int,
    start: Rows, captured: Rows, length: Rows, time_ns: Rows,
) -> tuple[int, int, int]:  # fmt: skip
    """Walk from record to record; gives the next row, the position after the last record, and why it ends.

    All packets of a pcap file have one interface and one link type: these rows are the caller's.
    """
    while position + header <= end:
        if row >= capacity:
            return row, position, FULL
        if big:
            seconds, fraction = be32(data, position), be32(data, position + 4)
            kept, wire = be32(data, position + 8), be32(data, position + 12)
        else:
            seconds, fraction = le32(data, position), le32(data, position + 4)
            kept, wire = le32(data, position + 8), le32(data, position + 12)
        if order == SWAPPED or (order == MAYBE_SWAPPED and kept > wire):
            kept, wire = wire, kept
        if kept > MAX_PACKET_BYTES:
            return row, position, OTHER
        following = position + header + kept
        if following > end:
            break
        start[row] = position + header
        captured[row] = kept
        length[row] = wire
        time_ns[row] = seconds * 1_000_000_000 + fraction * unit_ns
        row += 1
        position = following
    return row, position, SHORT


@kernel
def pcapng_blocks(
    words: Words, position: int, end: int, row: int, capacity: int,
    big: int, interfaces: int, snaplen: int, clocks: Rows,
    start: Rows, captured: Rows, length: Rows, time_ns: Rows, interface: Rows, link_type: Rows,
) -> tuple[int, int, int]:  # fmt: skip
    """Walk from packet block to packet block; positions count words, `start` counts bytes.

    Gives the next row, the position after the last block taken, and why it ends. `snaplen` is that
    of the section's first interface, which simple packet blocks belong to; 0 for no limit.
    """
    while position + 3 <= end:
        if row >= capacity:
            return row, position, FULL
        kind, size = words[position] & WORD, words[position + 1] & WORD
        if kind != ENHANCED and kind != SIMPLE and kind != OBSOLETE:
            return row, position, OTHER
        if size < 16 or size & 3 or size > MAX_BLOCK_BYTES:
            return row, position, OTHER
        following = position + (size >> 2)
        if following > end:
            return row, position, SHORT
        if words[following - 1] & WORD != size:
            return row, position, OTHER
        local = words[position + 2] & WORD
        if kind == SIMPLE:
            wire, local, room, time, head = local, 0, size - 16, NO_TIME, 3
            kept = min(wire, room)
            if snaplen:
                kept = min(kept, snaplen)
        else:
            if size < 32:
                return row, position, OTHER
            if kind == OBSOLETE:
                local = local >> 16 if big else local & 0xFFFF
            kept, wire, room, head = words[position + 5] & WORD, words[position + 6] & WORD, size - 32, 7
            time = ODD_TIME
        if local >= interfaces or kept > room or kept > MAX_PACKET_BYTES:
            return row, position, OTHER
        at = local * STRIDE
        if kind != SIMPLE:
            time = nanoseconds(words[position + 3] & WORD, words[position + 4] & WORD, at, clocks)
            # The least option that says so has twelve bytes.
            lost = lost_before(words, position, following, big) if kind == OBSOLETE or room - kept >= 12 else -1
            if lost >= 0:
                clocks[at + LOST] = max(clocks[at + LOST], 0) + lost
        start[row] = (position + head) << 2
        captured[row] = kept
        length[row] = wire
        time_ns[row] = time
        interface[row] = clocks[at + INDEX]
        link_type[row] = clocks[at + LINK_TYPE]
        row += 1
        position = following
    return row, position, SHORT


@kernel
def nanoseconds(high: int, low: int, at: int, clocks: Rows) -> int:
    """Turn the ticks of an interface's clock into nanoseconds since the epoch."""
    units, factor, divisor = clocks[at + UNITS], clocks[at + FACTOR], clocks[at + DIVISOR]
    if units == 0 or high > 0x7FFFFFFF:
        return ODD_TIME
    ticks = high << 32 | low
    seconds = ticks // units
    rest = ticks - seconds * units
    seconds += clocks[at + OFFSET]
    if seconds > LAST_SECOND or seconds < -LAST_SECOND:
        return NO_TIME
    value: int = seconds * 1_000_000_000 + rest * factor // divisor
    return value


@kernel
def lost_before(words: Words, position: int, following: int, big: int) -> int:
    """Read how many packets a packet block reports as lost before it; -1 when it does not say."""
    if words[position] & WORD == OBSOLETE:
        field = words[position + 2] & WORD
        lost = field & 0xFFFF if big else field >> 16
        return -1 if lost == 0xFFFF else lost
    at = position + 7 + ((words[position + 5] + 3 & WORD) >> 2)
    while at + 3 < following:
        field = words[at] & WORD
        code, size = (field >> 16, field & 0xFFFF) if big else (field & 0xFFFF, field >> 16)
        if code == 0:
            return -1
        if code == _DROP_COUNT:
            low, high = (words[at + 2], words[at + 1]) if big else (words[at + 1], words[at + 2])
            return low & WORD if size == 8 and high & WORD == 0 else -1
        at += 1 + (size + 3 >> 2)
    return -1
