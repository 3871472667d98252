"""Framing of pcap files, with the byte orders and variants that are met, and of snoop files.

pcap: draft-ietf-opsawg-pcap. The modified format (0xa1b2cd34) has 8 more bytes a record. snoop: RFC 1761.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from netguru import resources
from netguru.model.capture import CaptureInterface
from netguru.pcap.framing import MAX_PACKET_BYTES, Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.framing import Found

_FILE_HEADER = 24
# FCS bits and reserved bits share the field with the link type (draft-ietf-opsawg-pcap, section 4).
_LINK_TYPE_MASK = 0xFFFF


@dataclass(frozen=True, slots=True)
class Variant:
    """One kind of pcap file: byte order, nanoseconds per fraction, bytes of a record header."""

    format: str
    order: str
    unit_ns: int
    record: int


MAGICS = {
    bytes.fromhex("a1b2c3d4"): Variant("pcap", ">", 1000, 16),
    bytes.fromhex("d4c3b2a1"): Variant("pcap", "<", 1000, 16),
    bytes.fromhex("a1b23c4d"): Variant("pcap (nanoseconds)", ">", 1, 16),
    bytes.fromhex("4d3cb2a1"): Variant("pcap (nanoseconds)", "<", 1, 16),
    bytes.fromhex("a1b2cd34"): Variant("pcap (modified)", ">", 1000, 24),
    bytes.fromhex("34cdb2a1"): Variant("pcap (modified)", "<", 1000, 24),
}
SNOOP_MAGIC = b"snoop\0\0\0"
_SNOOP_RECORD = 24
# Version 2.3 files may hold the two lengths in either order, older ones hold them swapped (libpcap, sf-pcap.c).
_SWAPPED_BEFORE = (2, 3)


def fields(data: bytes, positions: NDArray[np.int64], at: int, order: str) -> NDArray[np.int64]:
    """Read the 32-bit field at distance `at` from every position."""
    if not positions.size:
        return np.empty(0, np.int64)
    view = np.ndarray((len(data) - 3,), dtype=f"{order}u4", buffer=data, strides=(1,))
    return view[positions + at].astype(np.int64)


class PcapScanner:
    """Find the records of a pcap file."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.stopped = False
        self._variant: Variant | None = None
        self._version = (2, 4)
        self._link_type = 0

    def scan(self, data: bytes, base: int, *, final: bool) -> tuple[list[Batch], int]:
        """Find whole records in `data`."""
        position = 0
        if self._variant is None:
            position = self._file_header(data)
            if self._variant is None:
                self.stopped = True
                return [], len(data)
        positions, position = self._walk(data, position, base, final=final, variant=self._variant)
        return [self._batch(data, base, positions, self._variant)], position

    def _file_header(self, data: bytes) -> int:
        variant = MAGICS[data[:4]]
        if len(data) < _FILE_HEADER:
            self.found.damaged(0, "the file is cut short in its header")
            return 0
        major, minor, _, _, snaplen, link = struct.unpack_from(f"{variant.order}HHIIII", data, 4)
        self._version = (major, minor)
        self._link_type = link & _LINK_TYPE_MASK
        self.found.interfaces.append(CaptureInterface(index=0, link_type=self._link_type, snaplen=snaplen))
        self._variant = variant
        return _FILE_HEADER

    def _walk(
        self, data: bytes, position: int, base: int, *, final: bool, variant: Variant
    ) -> tuple[NDArray[np.int64], int]:
        """Step from record to record: the one loop over packets, so it does nothing else."""
        lengths = struct.Struct(f"{variant.order}II").unpack_from
        header, end = variant.record, len(data)
        swapped = self._version < _SWAPPED_BEFORE
        maybe = self._version == _SWAPPED_BEFORE
        positions: list[int] = []
        append = positions.append
        while position + header <= end:
            captured, length = lengths(data, position + 8)
            if swapped or (maybe and captured > length):
                captured = length
            if captured > MAX_PACKET_BYTES:
                self.found.damaged(
                    base + position, f"packet of {captured} bytes, more than {MAX_PACKET_BYTES}; reading stops"
                )
                self.stopped = True
                return np.array(positions, np.int64), position
            following = position + header + captured
            if following > end:
                break
            append(position)
            position = following
        if final and position < end:
            self.found.damaged(base + position, "the file is cut short in the middle of a packet")
        return np.array(positions, np.int64), position

    def _batch(self, data: bytes, base: int, at: NDArray[np.int64], variant: Variant) -> Batch:
        order = variant.order
        captured, length = fields(data, at, 8, order), fields(data, at, 12, order)
        if self._version < _SWAPPED_BEFORE:
            captured, length = length, captured
        elif self._version == _SWAPPED_BEFORE:
            captured, length = np.minimum(captured, length), np.maximum(captured, length)
        return Batch(
            buffer=data,
            base=base,
            start=at + variant.record,
            captured=captured,
            length=length,
            time_ns=fields(data, at, 0, order) * 1_000_000_000 + fields(data, at, 4, order) * variant.unit_ns,
            interface=np.zeros(at.size, np.int64),
            link_type=np.full(at.size, self._link_type, np.int64),
        )


class SnoopScanner:
    """Find the records of a snoop file; all fields are big-endian."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.stopped = False
        self._link_type = -1

    def scan(self, data: bytes, base: int, *, final: bool) -> tuple[list[Batch], int]:
        """Find whole records in `data`."""
        position = 0
        if self._link_type < 0:
            if len(data) < 16:  # noqa: PLR2004 - the file header of RFC 1761
                self.found.damaged(0, "the file is cut short in its header")
                self.stopped = True
                return [], len(data)
            self._link_type = _snoop_link_type(struct.unpack_from(">I", data, 12)[0])
            self.found.interfaces.append(CaptureInterface(index=0, link_type=self._link_type))
            position = 16
        positions, position = self._walk(data, position, base, final=final)
        return [self._batch(data, base, positions)], position

    def _walk(self, data: bytes, position: int, base: int, *, final: bool) -> tuple[NDArray[np.int64], int]:
        positions: list[int] = []
        end = len(data)
        while position + _SNOOP_RECORD <= end:
            captured, record = struct.unpack_from(">II", data, position + 4)
            if captured > MAX_PACKET_BYTES or record < _SNOOP_RECORD + captured or record > 2 * MAX_PACKET_BYTES:
                self.found.damaged(
                    base + position, f"record of {record} bytes with a packet of {captured}; reading stops"
                )
                self.stopped = True
                return np.array(positions, np.int64), position
            if position + record > end:
                break
            positions.append(position)
            position += record
        if final and position < end:
            self.found.damaged(base + position, "the file is cut short in the middle of a packet")
        return np.array(positions, np.int64), position

    def _batch(self, data: bytes, base: int, at: NDArray[np.int64]) -> Batch:
        return Batch(
            buffer=data,
            base=base,
            start=at + _SNOOP_RECORD,
            captured=fields(data, at, 4, ">"),
            length=fields(data, at, 0, ">"),
            time_ns=fields(data, at, 16, ">") * 1_000_000_000 + fields(data, at, 20, ">") * 1000,
            interface=np.zeros(at.size, np.int64),
            link_type=np.full(at.size, self._link_type, np.int64),
        )


def _snoop_link_type(number: int) -> int:
    # An unknown snoop type is kept apart from every LINKTYPE number, so nothing is decoded wrongly.
    known: dict[str, int] = resources.table("pcap.toml")["snoop_link_types"]
    return known.get(str(number), 0xFFFF)
