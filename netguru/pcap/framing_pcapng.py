"""Framing of pcapng files: sections, interfaces, packet blocks (draft-ietf-opsawg-pcapng)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from netguru.model.capture import CaptureInterface
from netguru.pcap.framing import MAX_PACKET_BYTES, NO_TIME, Batch

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.pcap.framing import Found

SECTION_MAGIC = bytes.fromhex("0a0d0d0a")
_SECTION = 0x0A0D0D0A
_INTERFACE, _PACKET, _SIMPLE, _STATISTICS, _ENHANCED = 1, 2, 3, 5, 6
# Name resolution, journal, decryption secrets, custom, process and sysdig blocks: legal, without packets.
_PASSED_OVER = frozenset({4, 9, 10, 0xBAD, 0x40000BAD, 0x80000001, *range(0x201, 0x222)})
_MAX_BLOCK = 16 << 20
_MIN_BLOCK = 12
_BYTE_ORDER = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}
_OPTION_NAME, _OPTION_DESCRIPTION, _OPTION_RESOLUTION, _OPTION_OFFSET = 2, 3, 9, 14
_STATISTICS_IFDROP, _STATISTICS_OSDROP = 5, 7
_LAST_SECOND = (2**63 - 1) // 1_000_000_000 - 1


@dataclass(frozen=True, slots=True)
class _Clock:
    """How one interface counts time: units in a second and an offset in seconds."""

    units: int = 1_000_000
    offset: int = 0

    def nanoseconds(self, ticks: int) -> int:
        seconds, rest = divmod(ticks, self.units)
        seconds += self.offset
        if not -_LAST_SECOND <= seconds <= _LAST_SECOND:
            return NO_TIME
        return seconds * 1_000_000_000 + rest * 1_000_000_000 // self.units


# start, captured, length, time, interface, link type
_Row = tuple[int, int, int, int, int, int]


class PcapngScanner:
    """Find the packets of a pcapng file."""

    def __init__(self, found: Found) -> None:
        self.found = found
        self.stopped = False
        self._order = "<"
        # Interfaces are numbered anew in every section; in the capture they are numbered through.
        self._first_interface = 0
        self._clocks: list[_Clock] = []

    def scan(self, data: bytes, base: int, *, final: bool) -> tuple[list[Batch], int]:
        """Find whole blocks in `data`."""
        rows: list[_Row] = []
        position, end = 0, len(data)
        while position + _MIN_BLOCK <= end and not self.stopped:
            size = self._block_size(data, position, base)
            if not size or position + size > end:
                break
            self._block(data, position, size, base, rows)
            if not self.stopped:
                position += size
        if final and position < end and not self.stopped:
            self.found.damaged(base + position, "the file is cut short in the middle of a block")
        return [_batch(data, base, rows)], position

    def _block_size(self, data: bytes, position: int, base: int) -> int:
        if data[position : position + 4] == SECTION_MAGIC:
            order = _BYTE_ORDER.get(data[position + 8 : position + 12])
            if order is None:
                return self._stop(base + position, "section header with an unknown byte order")
            self._order = order
        size: int = struct.unpack_from(f"{self._order}I", data, position + 4)[0]
        if size < _MIN_BLOCK or size % 4 or size > _MAX_BLOCK:
            return self._stop(base + position, f"block length {size} is not possible")
        return size

    def _stop(self, offset: int, message: str) -> int:
        self.found.damaged(offset, f"{message}; reading stops")
        self.stopped = True
        return 0

    def _block(self, data: bytes, position: int, size: int, base: int, rows: list[_Row]) -> None:
        kind, _ = struct.unpack_from(f"{self._order}II", data, position)
        trailer: int = struct.unpack_from(f"{self._order}I", data, position + size - 4)[0]
        if trailer != size:
            self._stop(base + position, f"the two lengths of a block differ ({size} and {trailer})")
            return
        read = _READ.get(kind)
        if read is None:
            if kind not in _PASSED_OVER:
                self.found.note(f"blocks of the unknown type {kind:#x} were passed over")
            return
        try:
            read(self, data, position, size, rows)
        except (struct.error, IndexError):
            self._stop(base + position, f"a block of type {kind:#x} is too short for its fields")
        except _BadBlockError as error:
            self._stop(base + position, str(error))

    def _section(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        del data, position, size, rows
        self._first_interface = len(self.found.interfaces)
        self._clocks = []

    def _interface(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        del rows
        link_type, _, snaplen = struct.unpack_from(f"{self._order}HHI", data, position + 8)
        options = _options(data, position + 16, position + size - 4, self._order)
        resolution = options.get(_OPTION_RESOLUTION, b"\x06")[:1] or b"\x06"
        exponent = resolution[0] & 0x7F
        units = 2**exponent if resolution[0] & 0x80 else 10**exponent
        offset = options.get(_OPTION_OFFSET, b"")
        seconds = struct.unpack(f"{self._order}q", offset)[0] if len(offset) == 8 else 0  # noqa: PLR2004 - 64 bits
        self._clocks.append(_Clock(units=units, offset=seconds))
        self.found.interfaces.append(
            CaptureInterface(
                index=len(self.found.interfaces),
                link_type=link_type,
                name=_text(options.get(_OPTION_NAME, b"")),
                description=_text(options.get(_OPTION_DESCRIPTION, b"")),
                snaplen=snaplen,
            )
        )

    def _statistics(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        del rows
        local = struct.unpack_from(f"{self._order}I", data, position + 8)[0]
        index = self._first_interface + local
        if local >= len(self._clocks):
            self.found.note("statistics of an interface that is not described were passed over")
            return
        options = _options(data, position + 20, position + size - 4, self._order)
        wanted = (options.get(_STATISTICS_IFDROP, b""), options.get(_STATISTICS_OSDROP, b""))
        counts = [count for count in wanted if len(count) == 8]  # noqa: PLR2004 - 64 bits
        if counts:
            dropped = sum(struct.unpack(f"{self._order}Q", count)[0] for count in counts)
            self.found.interfaces[index] = replace(self.found.interfaces[index], dropped=dropped)

    def _enhanced(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        local, high, low, captured, length = struct.unpack_from(f"{self._order}IIIII", data, position + 8)
        self._packet(rows, size, (position + 28, captured, length), local, high << 32 | low)

    def _obsolete(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        local, _, high, low, captured, length = struct.unpack_from(f"{self._order}HHIIII", data, position + 8)
        self._packet(rows, size, (position + 28, captured, length), local, high << 32 | low)

    def _simple(self, data: bytes, position: int, size: int, rows: list[_Row]) -> None:
        length = struct.unpack_from(f"{self._order}I", data, position + 8)[0]
        captured = min(length, size - 16)
        interfaces = self.found.interfaces[self._first_interface :]
        if interfaces and interfaces[0].snaplen:
            captured = min(captured, interfaces[0].snaplen)
        self._packet(rows, size + 16, (position + 12, captured, length), 0, None)

    def _packet(
        self, rows: list[_Row], size: int, lengths: tuple[int, int, int], local: int, ticks: int | None
    ) -> None:
        start, captured, length = lengths
        if local >= len(self._clocks):
            raise _BadBlockError(f"a packet of interface {local}, which is not described")
        if captured > MAX_PACKET_BYTES:
            raise _BadBlockError(f"packet of {captured} bytes, more than {MAX_PACKET_BYTES}")
        if captured > size - 32:
            raise _BadBlockError(f"packet of {captured} bytes in a block of {size}")
        index = self._first_interface + local
        time = NO_TIME if ticks is None else self._clocks[local].nanoseconds(ticks)
        rows.append((start, captured, length, time, index, self.found.interfaces[index].link_type))


class _BadBlockError(ValueError):
    pass


_READ: dict[int, Callable[[PcapngScanner, bytes, int, int, list[_Row]], None]] = {
    _SECTION: PcapngScanner._section,  # noqa: SLF001 - the table of this class's own methods
    _INTERFACE: PcapngScanner._interface,  # noqa: SLF001 - as above
    _PACKET: PcapngScanner._obsolete,  # noqa: SLF001 - as above
    _SIMPLE: PcapngScanner._simple,  # noqa: SLF001 - as above
    _STATISTICS: PcapngScanner._statistics,  # noqa: SLF001 - as above
    _ENHANCED: PcapngScanner._enhanced,  # noqa: SLF001 - as above
}


def _batch(data: bytes, base: int, rows: list[_Row]) -> Batch:
    table = np.array(rows, np.int64).reshape(len(rows), 6)
    start, captured, length, time, interface, link_type = table.T
    return Batch(
        buffer=data,
        base=base,
        start=np.ascontiguousarray(start),
        captured=np.ascontiguousarray(captured),
        length=np.ascontiguousarray(length),
        time_ns=np.ascontiguousarray(time),
        interface=np.ascontiguousarray(interface),
        link_type=np.ascontiguousarray(link_type),
    )


def _options(data: bytes, position: int, end: int, order: str) -> dict[int, bytes]:
    """Read the options of a block; a broken option ends the list."""
    found: dict[int, bytes] = {}
    while position + 4 <= end:
        code, length = struct.unpack_from(f"{order}HH", data, position)
        position += 4
        if code == 0 or position + length > end:
            break
        found.setdefault(code, data[position : position + length])
        position += length + (-length % 4)
    return found


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")
