"""Framing of pcap files, with the byte orders and variants that are met, and of snoop files.

pcap: draft-ietf-opsawg-pcap, its variants in `pcap_variants`. snoop: RFC 1761.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru import resources
from netguru.model.capture import CaptureInterface
from netguru.pcap.framing import MAX_PACKET_BYTES, Batch, RowArrays
from netguru.pcap.kernels import framing as kernels
from netguru.pcap.kernels import load
from netguru.pcap.pcap_variants import FILE_HEADER, MAGICS, variant_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netguru.pcap.framing import Found
    from netguru.pcap.pcap_variants import Variant

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
        self.variant: Variant | None = None
        self._records = load.compiled("framing").pcap_records if compiled else None
        self._rows = RowArrays() if compiled else None

    def scan(self, data: Any, base: int, *, final: bool) -> Iterator[Batch]:
        """Give the packets of whole records in `data`."""
        self.position = 0
        if self.variant is None:
            self._file_header(data, final=final)
        if self.variant is None:
            return
        if self._records is None:
            yield self._plain(data, base, self.variant)
        else:
            yield from self._compiled(data, base, self.variant)
        if final and self.position < len(data) and not self.stopped:
            self.found.damaged(base + self.position, _CUT)

    def _file_header(self, data: Any, *, final: bool) -> None:
        """Read the file header; without effect where more bytes are needed for it."""
        short = len(data) < FILE_HEADER or len(data) < MAGICS[bytes(data[:4])].header
        variant = None if short else variant_of(data, final=final)
        if short and final:
            self.found.damaged(0, "the file is cut short in its header")
            self.stopped = True
        if variant is None:
            return
        self.found.format = variant.format
        interface = CaptureInterface(index=0, link_type=variant.link_type, snaplen=variant.snaplen)
        self.found.interfaces.append(interface)
        self.variant = variant
        self.position = variant.header
        if self._rows is not None:
            self._rows.columns[5][:] = variant.link_type

    def _compiled(self, data: Any, base: int, variant: Variant) -> Iterator[Batch]:
        assert self._rows is not None  # noqa: S101 - made together with the kernel
        assert self._records is not None  # noqa: S101 - as above
        start, captured, length, time_ns, *_ = self._rows.columns
        reason = kernels.FULL
        while reason == kernels.FULL:
            count, self.position, reason = self._records(
                data, self.position, len(data), 0, self._rows.capacity,
                int(variant.order == ">"), variant.record, variant.unit_ns, variant.lengths,
                start, captured, length, time_ns,
            )  # fmt: skip
            yield self._rows.batch(data, base, count)
        if reason == kernels.OTHER:
            kept, wire = struct.unpack_from(f"{variant.order}II", data, self.position + 8)
            swapped = variant.lengths == kernels.SWAPPED or (variant.lengths == kernels.MAYBE_SWAPPED and kept > wire)
            self._too_long(base + self.position, wire if swapped else kept)

    def _too_long(self, offset: int, captured: int) -> None:
        self.found.damaged(offset, f"packet of {captured} bytes, more than {MAX_PACKET_BYTES}; reading stops")
        self.stopped = True

    def _plain(self, data: bytes, base: int, variant: Variant) -> Batch:
        """Step from record to record as Python does it fastest: the loop finds the places, numpy reads the fields."""
        lengths = struct.Struct(f"{variant.order}II").unpack_from
        header, end, position = variant.record, len(data), self.position
        swapped = variant.lengths == kernels.SWAPPED
        maybe = variant.lengths == kernels.MAYBE_SWAPPED
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
        if variant.lengths == kernels.SWAPPED:
            captured, length = length, captured
        elif variant.lengths == kernels.MAYBE_SWAPPED:
            captured, length = np.minimum(captured, length), np.maximum(captured, length)
        return Batch(
            buffer=data,
            base=base,
            start=at + variant.record,
            captured=captured,
            length=length,
            time_ns=fields(data, at, 0, order) * 1_000_000_000 + fields(data, at, 4, order) * variant.unit_ns,
            interface=np.zeros(at.size, np.int64),
            link_type=np.full(at.size, variant.link_type, np.int64),
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
