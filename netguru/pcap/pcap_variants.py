"""The variants of the pcap format, told by the magic number and, where that is shared, by the first records.

Five record headers are met: the standard one of 16 bytes (draft-ietf-opsawg-pcap), three that Linux
distributions of 1999 patched in (24 and 28 bytes, one of them under the standard magic number), and
one of Nokia devices (20). As in libwiretap 4.0, the one whose first three records look most sensible is taken.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Any

from netguru.pcap.kernels import framing as kernels

FILE_HEADER = 24
# FCS bits and reserved bits share the field with the link type (draft-ietf-opsawg-pcap, section 4).
_LINK_TYPE_MASK = 0xFFFF
_RECORDS_TRIED = 3
_MICROSECONDS = 1_000_000
_ENOUGH = 4 * kernels.MAX_PACKET_BYTES


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of pcap file.

    `order` is the byte order, `unit_ns` nanoseconds in a fraction of a second, `record` the bytes of a
    record header, `header` those of the file header; `lengths` says how the two lengths of a record lie.
    """

    format: str
    order: str
    unit_ns: int
    record: int = 16
    header: int = FILE_HEADER
    lengths: int = kernels.IN_ORDER
    link_type: int = 0
    snaplen: int = 0


MAGICS = {
    bytes.fromhex("a1b2c3d4"): Variant("pcap", ">", 1000),
    bytes.fromhex("d4c3b2a1"): Variant("pcap", "<", 1000),
    bytes.fromhex("a1b23c4d"): Variant("pcap (nanoseconds)", ">", 1),
    bytes.fromhex("4d3cb2a1"): Variant("pcap (nanoseconds)", "<", 1),
    bytes.fromhex("a1b2cd34"): Variant("pcap (modified)", ">", 1000, 24),
    bytes.fromhex("34cdb2a1"): Variant("pcap (modified)", "<", 1000, 24),
    # Ixia's analysers write the size of all records after the file header.
    bytes.fromhex("1c0001ac"): Variant("pcap (Ixia)", ">", 1, header=28),
    bytes.fromhex("ac01001c"): Variant("pcap (Ixia)", "<", 1, header=28),
    bytes.fromhex("1c0001ab"): Variant("pcap (Ixia)", ">", 1000, header=28),
    bytes.fromhex("ab01001c"): Variant("pcap (Ixia)", "<", 1000, header=28),
}
# Variants that share a magic number, in the order in which they are tried.
_SHARED = {
    "pcap": (("pcap", 16), ("pcap (modified)", 24), ("pcap (Nokia)", 20)),
    "pcap (modified)": (("pcap (modified)", 24), ("pcap (modified)", 28)),
}
# AIX writes version 2.2 with ifType numbers (RFC 1573) for link types, and nanoseconds.
_AIX_LINK_TYPES = {6: 1, 9: 6, 15: 10, 24: 0}
_OLD_AIX = (2, 2)
# Before version 2.3 the two lengths lie swapped, 2.3 has either order (libpcap, sf-pcap.c); DG/UX writes version 543.
_SWAPPED_BEFORE, _DGUX = (2, 3), 543
_MOST_ON_WIRE = 128 << 20


def variant_of(data: Any, *, final: bool) -> Variant | None:
    """Read the file header; None where the variant cannot be told before more bytes are there.

    `data` begins with the file and has a whole file header.
    """
    known = MAGICS[bytes(data[:4])]
    major, minor, _, _, snaplen, link = struct.unpack_from(f"{known.order}HHIIII", data, 4)
    known = replace(known, link_type=link & _LINK_TYPE_MASK, snaplen=snaplen)
    version = (major, minor)
    if known.format == "pcap" and version == _OLD_AIX and link in _AIX_LINK_TYPES:
        link_type = _AIX_LINK_TYPES[link]
        return replace(known, format="pcap (AIX)", unit_ns=1, lengths=kernels.SWAPPED, link_type=link_type)
    if version < _SWAPPED_BEFORE or major == _DGUX:
        return replace(known, lengths=kernels.SWAPPED)
    if version == _SWAPPED_BEFORE:
        return replace(known, lengths=kernels.MAYBE_SWAPPED)
    if known.format not in _SHARED:
        return known
    return _most_sensible(data, known, final=final)


def _most_sensible(data: Any, known: Variant, *, final: bool) -> Variant | None:
    least, best = -1, known
    for name, record in _SHARED[known.format]:
        tried = replace(known, format=name, record=record)
        oddities = _oddities(data, tried, final=final)
        if oddities < 0:
            return None
        if oddities == 0:
            return tried
        if least < 0 or oddities < least:
            least, best = oddities, tried
    return best


def _oddities(data: Any, tried: Variant, *, final: bool) -> int:
    """Count what looks wrong in the first of three record headers that is not right; -1 where they are not there yet.

    What a file is too short for is not held against a variant.
    """
    position, end = tried.header, len(data)
    for _ in range(_RECORDS_TRIED):
        if position + tried.record > end:
            return 0 if final or end >= _ENOUGH else -1
        fields: tuple[int, ...] = struct.unpack_from(f"{tried.order}IIII", data, position)
        _, fraction, captured, length = fields
        count = (fraction >= _MICROSECONDS) + (captured > kernels.MAX_PACKET_BYTES) + (length > _MOST_ON_WIRE)
        count += (captured > tried.snaplen) + (captured > length)
        if count:
            return count
        position += tried.record + captured
    return 0
