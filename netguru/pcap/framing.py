"""Framing: where the packets of a capture file lie, in bounded blocks.

A scanner knows one format and finds the records in a block of bytes; this file reads the blocks,
carries unfinished records over, and unpacks gzip. Offsets count from the start of the capture
stream: for a gzip file these are offsets in the unpacked bytes.
"""

from __future__ import annotations

import tempfile
import zlib
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Protocol

import numpy as np

from netguru.errors import FileRejectedError
from netguru.model.capture import CaptureInterface, Damage
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK_BYTES = 4 << 20
MAX_PACKET_BYTES = 262_144
"""The largest captured length that is believed, as in libwiretap (WTAP_MAX_PACKET_SIZE_STANDARD)."""
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_SPOOL_BYTES = 32 << 20
# A gzip file may unpack to this many times the cap on file size before reading stops: a bomb ends here.
_UNPACK_FACTOR = 10
# The packets of a capture are counted up to the cap on file size over this many bytes (the smallest Ethernet frame
# and its record have 76): of a gzip bomb of empty records, rows in memory are many times the file.
_LEAST_RECORD = 20

NO_TIME = np.iinfo(np.int64).min
"""Stands in `Batch.time_ns` for a packet without a time stamp (pcapng simple packet blocks)."""


@dataclass(slots=True)
class Found:
    """Collect what the scan of a file finds beside packets."""

    format: str = ""
    interfaces: list[CaptureInterface] = field(default_factory=list)
    damage: list[Damage] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def damaged(self, offset: int, message: str) -> None:
        """Record a damage."""
        self.damage.append(Damage(offset=offset, message=message))

    def note(self, text: str) -> None:
        """Record a remark, once."""
        if text not in self.notes:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class Batch:
    """The packets of one block: `start` are positions in `buffer`, whose first byte is at `base`.

    `captured` bytes are there, `length` bytes were on the wire; `time_ns` counts from the epoch.
    """

    buffer: bytes
    base: int
    start: NDArray[np.int64]
    captured: NDArray[np.int64]
    length: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    interface: NDArray[np.int64]
    link_type: NDArray[np.int64]


class Scanner(Protocol):
    """Find the records of one format. `stopped` is set where nothing after can be read."""

    stopped: bool

    def scan(self, data: bytes, base: int, *, final: bool) -> tuple[list[Batch], int]:
        """Find whole records in `data`; give their batches and how many bytes are done with.

        `base` is the stream offset of `data[0]`; `final` says that no more bytes come.
        """
        ...


def recognise(head: bytes) -> str:
    """Name the format of a stream by its first bytes; empty when it is no capture.

    >>> recognise(bytes.fromhex("d4c3b2a1")), recognise(b"hostname r1")
    ('pcap', '')
    """
    from netguru.pcap.framing_pcap import MAGICS, SNOOP_MAGIC
    from netguru.pcap.framing_pcapng import SECTION_MAGIC

    if head[:4] in MAGICS:
        return MAGICS[head[:4]].format
    if head[:4] == SECTION_MAGIC:
        return "pcapng"
    return "snoop" if head[:8] == SNOOP_MAGIC else ""


def unpacked_head(head: bytes) -> bytes:
    """Give the first bytes of a gzip member; empty when they do not unpack."""
    try:
        return zlib.decompressobj(_GZIP_WINDOW).decompress(head, 64)
    except zlib.error:
        return b""


def open_stream(path: Path, found: Found) -> IO[bytes]:
    """Open a capture as a seekable stream; a gzip file is unpacked to a temporary file.

    Raises FileRejectedError when the file cannot be opened.
    """
    try:
        stream: IO[bytes] = path.open("rb")
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=str(path)) from None
    if stream.read(2) != GZIP_MAGIC:
        stream.seek(0)
        return stream
    stream.seek(0)
    with stream:
        return _unpack(stream, found)


def _unpack(stream: IO[bytes], found: Found) -> IO[bytes]:
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - lives as long as the handle
    cap = settings().max_file_bytes * _UNPACK_FACTOR
    member = zlib.decompressobj(_GZIP_WINDOW)
    pending = b""
    try:
        while pending or (pending := stream.read(1 << 20)):
            spool.write(member.decompress(pending, 1 << 22))
            pending = member.unconsumed_tail
            if member.eof:
                # A gzip file is a chain of members (RFC 1952, section 2.2); other bytes after one are padding.
                pending = member.unused_data or stream.read(1 << 20)
                if not pending.startswith(GZIP_MAGIC):
                    break
                member = zlib.decompressobj(_GZIP_WINDOW)
            if spool.tell() > cap:
                found.damaged(spool.tell(), f"the gzip data unpacks to more than {cap // 1_000_000} MB; reading stops")
                break
        else:
            found.damaged(spool.tell(), "the gzip data is cut short")
    except zlib.error as error:
        found.damaged(spool.tell(), f"the gzip data is damaged ({error})")
    spool.seek(0)
    return spool


def read_batches(stream: IO[bytes], found: Found, *, block_bytes: int = BLOCK_BYTES) -> Iterator[Batch]:
    """Read a stream from its start and give its packets in file order.

    Damage is recorded in `found`; what lies before it is given. Raises FileRejectedError when the
    stream does not begin as a capture.
    """
    stream.seek(0)
    data = stream.read(block_bytes)
    scanner = _scanner(data, found)
    base = count = 0
    most = settings().max_file_bytes // _LEAST_RECORD
    final = False
    while not final:
        block = stream.read(block_bytes)
        final = not block
        batches, used = scanner.scan(data, base, final=final)
        yield from batches
        if scanner.stopped:
            return
        count += sum(batch.start.size for batch in batches)
        if count > most:
            found.damaged(base + used, f"there are more than {most:,} packets; reading stops")
            return
        data = data[used:] + block
        base += used


def _scanner(head: bytes, found: Found) -> Scanner:
    from netguru.pcap.framing_pcap import PcapScanner, SnoopScanner
    from netguru.pcap.framing_pcapng import PcapngScanner

    found.format = recognise(head)
    if found.format == "pcapng":
        return PcapngScanner(found)
    if found.format == "snoop":
        return SnoopScanner(found)
    if found.format:
        return PcapScanner(found)
    raise FileRejectedError("is not a capture", hint="pcap, pcapng and snoop files are read")
