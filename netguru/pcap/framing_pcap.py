"""Framing of pcap files, with the byte orders and variants that are met, and of snoop files.

pcap: draft-ietf-opsawg-pcap. The modified format (0xa1b2cd34) has 8 more bytes a record. snoop: RFC 1761.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru import resources
from netguru.model.capture import CaptureInterface
from netguru.pcap.framing import MAX_PACKET_BYTES, Batch, RowArrays
from netguru.pcap.kernels import framing as kernels
from netguru.pcap.kernels import load

if TYPE_CHECKING:
    from collections.abc import Iterator

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
_SNOOP_HEADER, _SNOOP_RECORD = 16, 24
_CUT = "the file is cut short in the middle of a packet"


def fields(data: Any, positions: NDArray[np.int64], at: int, order: str) -> NDArray[np.int64]:
    """Read the 32-bit field at distance `at` from every position."""
    if not positions.size:
        return np.empty(0, np.int64)
    view = np.ndarray((len(data) - 3,), dtype=f"{order}u4", buffer=data, strides=(1,))
    return view[positions + at].astype(np.int64)


class PcapScanner:
    """Find the records of a pcap file."""

    def __init__(self, found: Found, *, compiled: bool = False) -> None:
        self.found = found
        self.stopped = False
        self.position = 0
        self._variant: Variant | None = None
        self._lengths = kernels.IN_ORDER
        self._link_type = 0
        self._records = load.compiled("framing").pcap_records if compiled else None
        self._rows = RowArrays() if compiled else None

    def scan(self, data: Any, base: int, *, final: bool) -> Iterator[Batch]:
        """Give the packets of whole records in `data`."""
        self.position = 0
        if self._variant is None:
            self._file_header(data)
        if self._variant is None:
            self.stopped = True
            return
        if self._records is None:
            yield self._plain(data, base, self._variant)
        else:
            yield from self._compiled(data, base, self._variant)
        if final and self.position < len(data) and not self.stopped:
            self.found.damaged(base + self.position, _CUT)

    def _file_header(self, data: Any) -> None:
        variant = MAGICS[bytes(data[:4])]
        if len(data) < _FILE_HEADER:
            self.found.damaged(0, "the file is cut short in its header")
            return
        major, minor, _, _, snaplen, link = struct.unpack_from(f"{variant.order}HHIIII", data, 4)
        # Version 2.3 files may hold the two lengths in either order, older ones hold them swapped (libpcap, sf-pcap.c).
        if (major, minor) < (2, 3):
            self._lengths = kernels.SWAPPED
        elif (major, minor) == (2, 3):
            self._lengths = kernels.MAYBE_SWAPPED
        self._link_type = link & _LINK_TYPE_MASK
        self.found.interfaces.append(CaptureInterface(index=0, link_type=self._link_type, snaplen=snaplen))
        self._variant = variant
        self.position = _FILE_HEADER
        if self._rows is not None:
            self._rows.columns[5][:] = self._link_type

    def _compiled(self, data: Any, base: int, variant: Variant) -> Iterator[Batch]:
        assert self._rows is not None  # noqa: S101 - made together with the kernel
        assert self._records is not None  # noqa: S101 - as above
        start, captured, length, time_ns, *_ = self._rows.columns
        reason = kernels.FULL
        while reason == kernels.FULL:
            count, self.position, reason = self._records(
                data, self.position, len(data), 0, self._rows.capacity,
                int(variant.order == ">"), variant.record, variant.unit_ns, self._lengths,
                start, captured, length, time_ns,
            )  # fmt: skip
            yield self._rows.batch(data, base, count)
        if reason == kernels.OTHER:
            kept, wire = struct.unpack_from(f"{variant.order}II", data, self.position + 8)
            swapped = self._lengths == kernels.SWAPPED or (self._lengths == kernels.MAYBE_SWAPPED and kept > wire)
            self._too_long(base + self.position, wire if swapped else kept)

    def _too_long(self, offset: int, captured: int) -> None:
        self.found.damaged(offset, f"packet of {captured} bytes, more than {MAX_PACKET_BYTES}; reading stops")
        self.stopped = True

    def _plain(self, data: bytes, base: int, variant: Variant) -> Batch:
        """Step from record to record as Python does it fastest: the loop finds the places, numpy reads the fields."""
        lengths = struct.Struct(f"{variant.order}II").unpack_from
        header, end, position = variant.record, len(data), self.position
        swapped = self._lengths == kernels.SWAPPED
        maybe = self._lengths == kernels.MAYBE_SWAPPED
        positions: list[int] = []
        append = positions.append
        while position + header <= end:
            captured, length = lengths(data, position + 8)
            if swapped or (maybe and captured > length):
                captured = length
            if captured > MAX_PACKET_BYTES:
                self._too_long(base + position, captured)
                break
            following = position + header + captured
            if following > end:
                break
            append(position)
            position = following
        self.position = position
        return self._batch(data, base, np.array(positions, np.int64), variant)

    def _batch(self, data: bytes, base: int, at: NDArray[np.int64], variant: Variant) -> Batch:
        order = variant.order
        captured, length = fields(data, at, 8, order), fields(data, at, 12, order)
        if self._lengths == kernels.SWAPPED:
            captured, length = length, captured
        elif self._lengths == kernels.MAYBE_SWAPPED:
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
        self.position = 0
        self._link_type = -1

    def scan(self, data: Any, base: int, *, final: bool) -> Iterator[Batch]:
        """Give the packets of whole records in `data`."""
        self.position = 0
        if self._link_type < 0:
            if len(data) < _SNOOP_HEADER:
                self.found.damaged(0, "the file is cut short in its header")
                self.stopped = True
                return
            self._link_type = _snoop_link_type(struct.unpack_from(">I", data, 12)[0])
            self.found.interfaces.append(CaptureInterface(index=0, link_type=self._link_type))
            self.position = _SNOOP_HEADER
        yield self._batch(data, base, self._walk(data, base))
        if final and self.position < len(data) and not self.stopped:
            self.found.damaged(base + self.position, _CUT)

    def _walk(self, data: Any, base: int) -> NDArray[np.int64]:
        positions: list[int] = []
        position, end = self.position, len(data)
        while position + _SNOOP_RECORD <= end:
            captured, record = struct.unpack_from(">II", data, position + 4)
            if captured > MAX_PACKET_BYTES or record < _SNOOP_RECORD + captured or record > 2 * MAX_PACKET_BYTES:
                self.found.damaged(
                    base + position, f"record of {record} bytes with a packet of {captured}; reading stops"
                )
                self.stopped = True
                break
            if position + record > end:
                break
            positions.append(position)
            position += record
        self.position = position
        return np.array(positions, np.int64)

    def _batch(self, data: Any, base: int, at: NDArray[np.int64]) -> Batch:
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
