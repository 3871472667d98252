"""Framing: where the packets of a capture file lie, block by block in fixed memory.

A scanner knows one format and finds the records in a block of bytes; this file reads the blocks
and carries unfinished records over. Offsets count from the start of the capture stream: for a
compressed file these are offsets in the unpacked bytes (`streams`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

import numpy as np

from netguru.errors import FileRejectedError
from netguru.model.capture import CaptureInterface, Damage
from netguru.pcap.kernels import framing as kernels
from netguru.pcap.recognition import recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BLOCK_BYTES = 2 << 20
MAX_PACKET_BYTES = kernels.MAX_PACKET_BYTES
"""The largest captured length that is believed, as in libwiretap (WTAP_MAX_PACKET_SIZE_STANDARD)."""
ROWS = 1 << 15
"""The packets of a batch at most, where kernels find them."""
NO_TIME = kernels.NO_TIME
"""Stands in `Batch.time_ns` for a packet without a time stamp (pcapng simple packet blocks)."""
# The first block holds a whole file header.
_LEAST = 64


@dataclass(slots=True)
class Found:
    """Collect what the scan of a file finds beside packets.

    `names` are the names that a pcapng file gives to addresses, as text; `secrets` are its
    decryption secrets, each the type of the pcapng specification (0x544c534b: TLS key log) and the bytes.
    """

    format: str = ""
    interfaces: list[CaptureInterface] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    secrets: list[tuple[int, bytes]] = field(default_factory=list, repr=False)

    def damaged(self, offset: int, message: str) -> None:
        """Record a damage."""
        self.damage.append(Damage(offset=offset, message=message))

    def note(self, text: str) -> None:
        """Record a remark, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some packets in a row: `start` are positions in `buffer`, whose first byte is at `base`.

    `captured` bytes are there, `length` bytes were on the wire; `time_ns` counts from the epoch.
    `buffer` is `bytes`, or for compiled kernels an array of uint8. From `read_batches` with
    `compiled`, the arrays and the buffer are used again: they hold until the next batch is asked for.
    """

    buffer: Any
    base: int
    start: NDArray[np.int64]
    captured: NDArray[np.int64]
    length: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    interface: NDArray[np.int64]
    link_type: NDArray[np.int64]


class Scanner(Protocol):
    """Find the records of one format.

    `position` is how many bytes of the block are done with. `stopped` is set where nothing after
    can be read.
    """

    position: int
    stopped: bool

    def scan(self, data: Any, base: int, *, final: bool) -> Iterator[Batch]:
        """Give the packets of whole records in `data`; `position` is right when the last is given.

        `base` is the stream offset of `data[0]`; `final` says that no more bytes come.
        """
        ...


def read_batches(
    stream: IO[bytes], found: Found, *, compiled: bool = False, block_bytes: int = BLOCK_BYTES
) -> Iterator[Batch]:
    """Read a stream and give its packets in file order; a seekable one is read from its start.

    Memory is fixed: a block of about `block_bytes` (more only for a record that is larger) and the
    rows of the packets in it. With `compiled` every batch lies in the same memory and holds until
    the next is asked for. Damage is recorded in `found`; what lies before it is given. Raises
    FileRejectedError when the stream does not begin as a capture.
    """
    if stream.seekable():
        stream.seek(0)
    block = _block(stream, found, block_bytes, compiled=compiled)
    block.fill(0)
    scanner = scanner_for(bytes(block.data[:64]), found, compiled=compiled)
    yield from _batches(block, scanner)


def batches_at(
    stream: IO[bytes], found: Found, scanner: Scanner, offset: int, *, compiled: bool = False
) -> Iterator[Batch]:
    """Go on with a scanner at a place of its format's choice: a record or a block begins at `offset`.

    The stream stands at `offset` already.
    """
    block = _block(stream, found, BLOCK_BYTES, compiled=compiled)
    block.base = offset
    block.fill(0)
    scanner.stopped = False
    yield from _batches(block, scanner)


def _batches(block: _BytesBlock | _ArrayBlock, scanner: Scanner) -> Iterator[Batch]:
    while True:
        yield from scanner.scan(block.data, block.base, final=block.final)
        if scanner.stopped or block.final:
            return
        block.fill(scanner.position)


def _block(stream: IO[bytes], found: Found, size: int, *, compiled: bool) -> _BytesBlock | _ArrayBlock:
    return (_ArrayBlock if compiled else _BytesBlock)(stream, found, size)


class _Block:
    """Hold the part of the stream that is worked on: `data`, beginning at offset `base`."""

    def __init__(self, stream: IO[bytes], found: Found, size: int) -> None:
        self.base = 0
        self.final = False
        self._stream = stream
        self._found = found
        self._size = max(size, _LEAST)

    def _failed(self, end: int, error: OSError) -> None:
        self._found.damaged(self.base + end, f"cannot be read further ({error.strerror or error})")
        self.final = True


class _BytesBlock(_Block):
    """A block as bytes, a new one each time."""

    data = b""

    def fill(self, used: int) -> None:
        """Drop the first `used` bytes and read on, in whole blocks however little a read gives."""
        rest = self.data[used:]
        parts, size = [rest], len(rest)
        self.base += used
        # A record that did not fit asks for more than it had.
        wanted = max(self._size, 2 * size)
        try:
            while size < wanted:
                part = self._stream.read(wanted - size)
                if not part:
                    self.final = True
                    break
                parts.append(part)
                size += len(part)
        except OSError as error:
            self._failed(size, error)
        self.data = b"".join(parts)


class _ArrayBlock(_Block):
    """A block as an array of uint8, in the same memory each time."""

    def __init__(self, stream: IO[bytes], found: Found, size: int) -> None:
        super().__init__(stream, found, size + 3 & ~3)
        self._memory = np.empty(self._size, np.uint8)
        self.data = self._memory[:0]

    def fill(self, used: int) -> None:
        """Drop the first `used` bytes, move the rest to the front and read on behind it."""
        rest = self.data[used:]
        size = rest.size
        self.base += used
        if 2 * size > self._memory.size:
            self._memory = np.concatenate((rest, np.empty(2 * self._memory.size - size, np.uint8)))
        else:
            self._memory[:size] = rest
        view = memoryview(self._memory)  # type: ignore[arg-type]
        try:
            while size < self._memory.size:
                count = self._read(view[size:])
                if not count:
                    self.final = True
                    break
                size += count
        except OSError as error:
            self._failed(size, error)
        self.data = self._memory[:size]

    def _read(self, view: memoryview) -> int:
        into = getattr(self._stream, "readinto", None)
        if into is not None:
            return int(into(view) or 0)
        part = self._stream.read(len(view))
        view[: len(part)] = part
        return len(part)


def scanner_for(head: bytes, found: Found, *, compiled: bool) -> Scanner:
    """Choose the scanner by the first bytes; raises FileRejectedError when these are of no capture."""
    from netguru.pcap.framing_pcap import PcapScanner, SnoopScanner
    from netguru.pcap.framing_pcapng import PcapngScanner

    found.format = recognise(head)
    if found.format == "pcapng":
        return PcapngScanner(found, compiled=compiled)
    if found.format == "snoop":
        return SnoopScanner(found)
    if found.format:
        return PcapScanner(found, compiled=compiled)
    why = f": {found.damage[0].message}" if found.damage else ""
    raise FileRejectedError(f"is not a capture{why}", hint="pcap, pcapng and snoop files are read")


class RowArrays:
    """The rows that compiled kernels fill: one array each, used again for every batch."""

    def __init__(self, rows: int = ROWS) -> None:
        self.capacity = rows
        self.columns: tuple[Any, ...] = tuple(np.zeros(rows, np.int64) for _ in range(6))

    def batch(self, data: Any, base: int, count: int) -> Batch:
        """Give the first `count` rows as a batch."""
        return Batch(data, base, *(column[:count] for column in self.columns))


class RowLists(RowArrays):
    """The rows that kernels fill as plain Python: lists, which are faster there than arrays."""

    def __init__(self, rows: int = ROWS) -> None:
        self.capacity = rows
        self.columns = tuple([0] * rows for _ in range(6))

    def batch(self, data: Any, base: int, count: int) -> Batch:
        """Give the first `count` rows as a batch of its own."""
        return Batch(data, base, *(np.array(column[:count], np.int64) for column in self.columns))
