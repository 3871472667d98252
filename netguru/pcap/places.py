"""Places: where some packets lie in the file, so that any packet is read without a pass over all.

Every two hundred and fifty-sixth packet has its offset noted, four bytes for a thousand packets. To
read a packet the file is entered at the noted record before it, behind what precedes the first packet.
"""

from __future__ import annotations

import io
import struct
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.framing import Found, read_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk
    from netguru.pcap.framing import Batch

# The bytes of a packet, its row of a batch (captured, length, time, interface, link type), its offset in the file.
_Record = tuple[bytes, list[int], int]

STEP = 256
_BLOCK_BYTES = 1 << 16
_MOST_PREFIX = 1 << 24
# Bytes between the start of a record and those of the packet.
_HEADERS = {"pcap": 16, "pcap (nanoseconds)": 16, "snoop": 24}
_PCAPNG_HEADERS = ((28, (6, 2)), (12, (3,)))


class Places:
    """Note the offsets of every `STEP`th packet."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = []
        self._joined: NDArray[np.uint64] | None = None

    @classmethod
    def of(cls, offsets: NDArray[np.uint64]) -> Places:
        """Take offsets that were noted before."""
        places = cls()
        places._parts.append(offsets)
        return places

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        number = chunk.values("number")
        noted = (chunk.values("tunnel") == 0) & ((number - np.uint32(1)) % np.uint32(STEP) == 0)
        self._parts.append(chunk.values("offset")[noted])
        self._joined = None

    def offsets(self) -> NDArray[np.uint64]:
        """Give the noted offsets."""
        if self._joined is None:
            self._joined = np.concatenate(self._parts) if self._parts else np.zeros(0, np.uint64)
        return self._joined

    def fetch(self, stream: IO[bytes], found: Found, numbers: Iterable[int]) -> Chunk | None:
        """Decode packets of some numbers, each with what is inside it, in the order of the file.

        `found` is what the pass over the file found. None where the file cannot be entered in the
        middle: its interfaces are described between the packets, or its format is a rare variant.
        """
        offsets = self.offsets()
        every = sorted(set(numbers))
        parts: list[_Record] = []
        by_place: dict[int, list[int]] = {}
        for number in every:
            by_place.setdefault((number - 1) // STEP, []).append(number)
        prefix = prefix_of(stream, found, int(offsets[0])) if offsets.size else None
        if prefix is None:
            return None
        for place, wanted in by_place.items():
            rows = _records(stream, found, prefix, int(offsets[place]), [each - 1 - place * STEP for each in wanted])
            if rows is None:
                return None
            parts += rows
        return _decoded(parts, every)


def prefix_of(stream: IO[bytes], found: Found, first: int) -> bytes | None:
    """Give what comes before the first packet, if it describes all interfaces of the file."""
    start = record_start(stream, found, first)
    if start is None or start > _MOST_PREFIX:
        return None
    stream.seek(0)
    prefix = stream.read(start)
    if found.format != "pcapng":
        return prefix
    told = Found()
    for _ in read_batches(io.BytesIO(prefix), told):
        pass
    same = [(one.index, one.link_type) for one in told.interfaces] == [
        (one.index, one.link_type) for one in found.interfaces
    ]
    return prefix if same else None


def record_start(stream: IO[bytes], found: Found, offset: int) -> int | None:
    """Give where the record of a packet begins whose bytes are at an offset; None where that is not known."""
    if found.format != "pcapng":
        header = _HEADERS.get(found.format)
        return None if header is None else offset - header
    for size, kinds in _PCAPNG_HEADERS:
        stream.seek(max(offset - size, 0))
        head = stream.read(8)
        for order in "<>":
            kind, length = struct.unpack(f"{order}II", head)
            if kind in kinds and length % 4 == 0 and length >= size:
                return offset - size
    return None


class _Entered(io.RawIOBase):
    """A stream that begins with a prefix and goes on somewhere in a file."""

    def __init__(self, prefix: bytes, stream: IO[bytes], start: int) -> None:
        self._rest = prefix
        self._stream = stream
        self._stream.seek(start)

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Read on."""
        if self._rest:
            part, self._rest = self._rest[:size], self._rest[size:]
            return part
        return self._stream.read(size)


def _records(stream: IO[bytes], found: Found, prefix: bytes, offset: int, wanted: list[int]) -> list[_Record] | None:
    """Read records counted from the one at an offset: their bytes, their row of a batch, their offset in the file."""
    start = record_start(stream, found, offset)
    if start is None:
        return None
    moved = start - len(prefix)
    told = Found()
    rows: list[_Record] = []
    count = 0
    entered: Any = _Entered(prefix, stream, start)
    for batch in read_batches(entered, told, block_bytes=_BLOCK_BYTES):
        if not count and batch.start.size and int(batch.start[0]) + batch.base + moved != offset:
            return None
        last = count + batch.start.size
        rows += _chosen(batch, moved, [each - count for each in wanted if count <= each < last])
        count = last
        if count > wanted[-1]:
            return rows
    return None


def _chosen(batch: Batch, moved: int, rows: list[int]) -> Iterator[_Record]:
    for row in rows:
        start, captured = int(batch.start[row]), int(batch.captured[row])
        about = [
            captured,
            *(int(getattr(batch, name)[row]) for name in ("length", "time_ns", "interface", "link_type")),
        ]
        yield bytes(batch.buffer[start : start + captured]), about, start + batch.base + moved


def _decoded(parts: list[_Record], numbers: list[int]) -> Chunk:
    """Decode packets that are laid behind each other, and give them the offsets that they have in the file."""
    from netguru.pcap.columns import decode
    from netguru.pcap.framing import Batch

    sizes = np.array([len(part[0]) for part in parts], np.int64)
    start = np.cumsum(sizes) - sizes
    about = np.array([part[1] for part in parts], np.int64).reshape(len(parts), 5)
    batch = Batch(b"".join(part[0] for part in parts), 0, start, *(about[:, column] for column in range(5)))
    chunk = decode(batch, np.array(numbers, np.int64))
    moved = np.array([part[2] for part in parts], np.int64) - start
    offset = chunk.values("offset")
    offset[:] = offset + moved[np.searchsorted(numbers, chunk.values("number"))].view(np.uint64)
    return chunk


def rows_of(chunks: Iterable[Chunk], numbers: Iterable[int]) -> pl.DataFrame:
    """Pick packets out of chunks, each before what is inside it (`schema.INNER`)."""
    import polars as pl

    from netguru.pcap.chunks import INNER_COLUMNS
    from netguru.pcap.schema import inner_types

    wanted = np.unique(np.fromiter(numbers, np.uint32))
    parts = [pl.DataFrame(schema=inner_types())]
    for chunk in chunks:
        rows = np.flatnonzero(np.isin(chunk.values("number"), wanted))
        if rows.size:
            parts.append(chunk.frame(INNER_COLUMNS, rows))
    return pl.concat(parts)
