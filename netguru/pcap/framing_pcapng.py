"""Framing of pcapng files: sections, interfaces, packet blocks (draft-ietf-opsawg-pcapng).

The kernel walks over packet blocks that are in order; all other blocks, and every damage, are read here.
"""

from __future__ import annotations

import struct
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.model.capture import CaptureInterface
from netguru.pcap.framing import MAX_PACKET_BYTES, RowArrays, RowLists
from netguru.pcap.kernels import framing as kernels
from netguru.pcap.kernels import load
from netguru.pcap.pcapng_blocks import Clock, keep_names, keep_secrets, option_text, options_of
from netguru.pcap.recognition import SECTION_MAGIC

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netguru.pcap.framing import Batch, Found

_SECTION = 0x0A0D0D0A
_INTERFACE, _NAMES, _STATISTICS, _SECRETS = 1, 4, 5, 10
_PACKETS = frozenset({kernels.ENHANCED, kernels.SIMPLE, kernels.OBSOLETE})
# Journal, custom, process and sysdig blocks: legal, without packets.
_PASSED_OVER = frozenset({9, 0xBAD, 0x40000BAD, 0x80000001, *range(0x201, 0x222)})
_MIN_BLOCK, _SIZED_SECTION = 12, 28
# The packet table has 16 bits for the number of the interface.
_MAX_INTERFACES = 1 << 16
_BYTE_ORDER = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}
_NATIVE = "<" if sys.byteorder == "little" else ">"
_OPTION_NAME, _OPTION_DESCRIPTION = 2, 3
_STATISTICS_IFDROP, _STATISTICS_OSDROP = 5, 7


class PcapngScanner:
    """Find the packets of a pcapng file."""

    def __init__(self, found: Found, *, compiled: bool = False) -> None:
        self.found = found
        self.stopped = False
        self.position = 0
        self.sized_sections: list[int] = []
        """Where sections begin that state their length."""
        self._order = "<"
        # Interfaces are numbered anew in every section; in the capture they are numbered through.
        self._first_interface = 0
        self._clocks: list[Clock] = []
        self._dropped: dict[int, int] = {}
        self._compiled = compiled
        self._blocks = load.loaded("framing", compile_it=compiled).pcapng_blocks
        self._rows = RowArrays() if compiled else RowLists()
        self._flat: Any = self._empty()
        self._settled = 0
        self._base = 0

    def scan(self, data: Any, base: int, *, final: bool) -> Iterator[Batch]:
        """Give the packets of whole blocks in `data`."""
        self.position = 0
        self._base = base
        views: dict[str, Any] = {}
        count, end, whole = 0, len(data), True
        while not self.stopped and whole:
            order = self._order
            if order not in views:
                views[order] = self._words(data, order)
            count, at, reason = self._blocks(
                views[order], self.position >> 2, end >> 2, count, self._rows.capacity,
                int(order == ">"), len(self._clocks), self._snaplen(), self._flat, *self._rows.columns,
            )  # fmt: skip
            self.position = at << 2
            if reason == kernels.FULL:
                yield self._batch(data, base, count)
                count = 0
            else:
                whole = reason == kernels.OTHER and self._other(data, base, count)
        yield self._batch(data, base, count)
        if final or self.stopped:
            self._tell_dropped()
        if final and self.position < end and not self.stopped:
            self.found.damaged(base + self.position, "the file is cut short in the middle of a block")

    def _words(self, data: Any, order: str) -> Any:
        """View bytes as 32-bit words in the byte order of the machine."""
        words = np.frombuffer(data, f"{order}u4", len(data) >> 2)
        if order != _NATIVE:
            words = words.astype(np.uint32)
        return words if self._compiled else words.data

    def _snaplen(self) -> int:
        return self.found.interfaces[self._first_interface].snaplen if self._clocks else 0

    def _empty(self) -> Any:
        return np.zeros(kernels.STRIDE, np.int64) if self._compiled else []

    def _describe(self, clock: Clock, index: int, link_type: int) -> None:
        """Add an interface to the flat table that the kernel reads."""
        row = [*clock.row(), index, link_type, -1]
        if not self._compiled:
            self._flat += row
            return
        at = len(self._clocks) * kernels.STRIDE
        if at + kernels.STRIDE > len(self._flat):
            self._flat = np.concatenate((self._flat, np.zeros_like(self._flat)))
        self._flat[at : at + kernels.STRIDE] = row

    def _batch(self, data: Any, base: int, count: int) -> Batch:
        self._settle(data, count)
        self._settled = 0
        return self._rows.batch(data, base, count)

    def _settle(self, data: Any, count: int) -> None:
        """Compute the times that the kernel left open, while their section lasts."""
        start, _, _, times, interface, _ = self._rows.columns
        if self._compiled:
            odd = (np.flatnonzero(times[self._settled : count] == kernels.ODD_TIME) + self._settled).tolist()
        else:
            odd = [row for row in range(self._settled, count) if times[row] == kernels.ODD_TIME]
        for row in odd:
            high, low = struct.unpack_from(f"{self._order}II", data, int(start[row]) - 16)
            clock = self._clocks[int(interface[row]) - self._first_interface]
            times[row] = clock.nanoseconds(high << 32 | low)
        self._settled = count

    def _other(self, data: Any, base: int, count: int) -> bool:
        """Handle the block at the position, whatever it is; False where more bytes are needed or reading stops."""
        position = self.position
        if position + _MIN_BLOCK > len(data):
            return False
        if bytes(data[position : position + 4]) == SECTION_MAGIC:
            self._settle(data, count)
        size = self._block_size(data, position, base)
        if not size or position + size > len(data):
            return False
        self._block(data, position, size, base)
        if not self.stopped:
            self.position += size
        return True

    def _block_size(self, data: Any, position: int, base: int) -> int:
        if bytes(data[position : position + 4]) == SECTION_MAGIC:
            order = _BYTE_ORDER.get(bytes(data[position + 8 : position + 12]))
            if order is None:
                return self._stop(base + position, "section header with an unknown byte order")
            self._order = order
        size: int = struct.unpack_from(f"{self._order}I", data, position + 4)[0]
        if size < _MIN_BLOCK or size % 4 or size > kernels.MAX_BLOCK_BYTES:
            return self._stop(base + position, f"block length {size} is not possible")
        return size

    def _stop(self, offset: int, message: str) -> int:
        self.found.damaged(offset, f"{message}; reading stops")
        self.stopped = True
        return 0

    def _block(self, data: Any, position: int, size: int, base: int) -> None:
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
            read(self, data, position, size)
        except (struct.error, IndexError):
            self._stop(base + position, f"a block of type {kind:#x} is too short for its fields")
        except _BadBlockError as error:
            self._stop(base + position, str(error))

    @property
    def order(self) -> str:
        """Give the byte order of the present section."""
        return self._order

    @property
    def interfaces(self) -> int:
        """Count the interfaces of the present section."""
        return len(self._clocks)

    def _section(self, data: Any, position: int, size: int) -> None:
        if size >= _SIZED_SECTION and bytes(data[position + 16 : position + 24]) != b"\xff" * 8:
            self.sized_sections.append(self._base + position)
        self._count_lost()
        self._first_interface = len(self.found.interfaces)
        self._clocks = []
        self._flat = self._empty()

    def _interface(self, data: Any, position: int, size: int) -> None:
        link_type, _, snaplen = struct.unpack_from(f"{self._order}HHI", data, position + 8)
        options = options_of(data, position + 16, position + size - 4, self._order)
        if len(self.found.interfaces) >= _MAX_INTERFACES:
            raise _BadBlockError(f"there are more than {_MAX_INTERFACES:,} interfaces")
        clock = Clock.of(options, self._order)
        self._describe(clock, len(self.found.interfaces), link_type)
        self._clocks.append(clock)
        self.found.interfaces.append(
            CaptureInterface(
                index=len(self.found.interfaces),
                link_type=link_type,
                name=option_text(options.get(_OPTION_NAME, b"")),
                description=option_text(options.get(_OPTION_DESCRIPTION, b"")),
                snaplen=snaplen,
            )
        )

    def _statistics(self, data: Any, position: int, size: int) -> None:
        local = struct.unpack_from(f"{self._order}I", data, position + 8)[0]
        index = self._first_interface + local
        if local >= len(self._clocks):
            self.found.note("statistics of an interface that is not described were passed over")
            return
        options = options_of(data, position + 20, position + size - 4, self._order)
        wanted = (options.get(_STATISTICS_IFDROP, b""), options.get(_STATISTICS_OSDROP, b""))
        counts = [count for count in wanted if len(count) == 8]  # noqa: PLR2004 - 64 bits
        if counts:
            self._dropped[index] = sum(struct.unpack(f"{self._order}Q", count)[0] for count in counts)

    def _count_lost(self) -> None:
        """Take over what packet blocks report as lost, for interfaces without statistics of their own."""
        for local in range(len(self._clocks)):
            lost = int(self._flat[local * kernels.STRIDE + kernels.LOST])
            if lost >= 0:
                self._dropped.setdefault(self._first_interface + local, lost)

    def _tell_dropped(self) -> None:
        self._count_lost()
        for index, dropped in self._dropped.items():
            self.found.interfaces[index] = replace(self.found.interfaces[index], dropped=dropped)

    def _names(self, data: Any, position: int, size: int) -> None:
        keep_names(self.found, data, position + 8, position + size - 4, self._order)

    def _secrets(self, data: Any, position: int, size: int) -> None:
        keep_secrets(self.found, data, position + 8, position + size - 4, self._order)

    def _packet(self, data: Any, position: int, size: int) -> None:
        """Say what is wrong with a packet block that the kernel did not take."""
        kind = struct.unpack_from(f"{self._order}I", data, position)[0]
        if kind == kernels.SIMPLE:
            local, captured, room = 0, struct.unpack_from(f"{self._order}I", data, position + 8)[0], size - 16
            captured = min(captured, room, self._snaplen() or room)
        else:
            narrow = f"{self._order}{'HH' if kind == kernels.OBSOLETE else 'I'}"
            local = struct.unpack_from(narrow, data, position + 8)[0]
            captured, room = struct.unpack_from(f"{self._order}II", data, position + 20)[0], size - 32
        if local >= len(self._clocks):
            raise _BadBlockError(f"a packet of interface {local}, which is not described")
        if captured > MAX_PACKET_BYTES:
            raise _BadBlockError(f"packet of {captured} bytes, more than {MAX_PACKET_BYTES}")
        raise _BadBlockError(f"packet of {captured} bytes in a block of {size}")


class _BadBlockError(ValueError):
    pass


_READ: dict[int, Callable[[PcapngScanner, Any, int, int], None]] = {
    _SECTION: PcapngScanner._section,  # noqa: SLF001 - the table of this class's own methods
    _INTERFACE: PcapngScanner._interface,  # noqa: SLF001 - as above
    _STATISTICS: PcapngScanner._statistics,  # noqa: SLF001 - as above
    _NAMES: PcapngScanner._names,  # noqa: SLF001 - as above
    _SECRETS: PcapngScanner._secrets,  # noqa: SLF001 - as above
    **dict.fromkeys(_PACKETS, PcapngScanner._packet),  # noqa: SLF001 - as above
}
