"""Slices: chosen packets of a capture written as a capture of its own.

pcapng (draft-ietf-opsawg-pcapng) keeps interfaces, link types, nanoseconds and original lengths;
classic pcap (draft-ietf-opsawg-pcap) is written where it can say the same.
"""

from __future__ import annotations

import contextlib
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

import polars as pl

from netguru.errors import FileRejectedError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from netguru.model.capture import CaptureInterface
    from netguru.pcap.capture import CaptureFile

COLUMNS = ("number", "time_ns", "interface", "link_type", "length", "captured", "offset")
"""What is needed of the packet table to write a packet."""

_BATCH_BYTES = 8 << 20
_SECRETS = 10
_SNAPLEN = 262_144
_NANOSECONDS = b"\x09"
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL = 2, 3, 9
_PCAP_NANO, _PCAP_MICRO = 0xA1B23C4D, 0xA1B2C3D4
_LAST_PCAP_NS = (1 << 32) * 1_000_000_000 - 1
_UNTIMED = "packets without a time stamp, or with one before 1970, were written with time 0"
_CLIPPED = "packets with a time that pcap cannot hold were written with time 0"


@dataclass(slots=True)
class Written:
    """Count what was written: packets, and bytes of packets."""

    packets: int = 0
    bytes: int = 0
    untimed: int = 0


class _Format(Protocol):
    written: Written

    def head(self) -> bytes: ...

    def record(self, row: tuple[int, int | None, int, int, int, int, int], data: bytes) -> bytes: ...


class Pcapng:
    """Write pcapng: one section with all interfaces of the capture, enhanced packet blocks in nanoseconds."""

    name = "pcapng"
    note = _UNTIMED

    def __init__(self, interfaces: Iterable[CaptureInterface], secrets: Iterable[tuple[int, bytes]] = ()) -> None:
        self.written = Written()
        self._interfaces = tuple(interfaces)
        self._secrets = tuple(secrets)

    def head(self) -> bytes:
        """Give the section header, the interface descriptions and the decryption secrets."""
        section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
        # Readers use secrets for the packets behind them.
        secrets = (_block(_SECRETS, struct.pack("<II", kind, len(data)) + data) for kind, data in self._secrets)
        return section + b"".join((*map(_interface, self._interfaces), *secrets))

    def record(self, row: tuple[int, int | None, int, int, int, int, int], data: bytes) -> bytes:
        """Give one packet as a block."""
        _, time, interface, _, length, _, _ = row
        if time is None or time < 0:
            self.written.untimed += 1
            time = 0
        head = struct.pack("<IIIII", interface, time >> 32, time & 0xFFFFFFFF, len(data), length)
        return _block(6, head + data)


class Pcap:
    """Write classic pcap, for packets of one link type."""

    name = "pcap"
    note = _CLIPPED

    def __init__(self, link_type: int, *, nanoseconds: bool) -> None:
        self.written = Written()
        self._link_type = link_type
        self._unit = 1 if nanoseconds else 1000

    def head(self) -> bytes:
        """Give the file header."""
        magic = _PCAP_NANO if self._unit == 1 else _PCAP_MICRO
        return struct.pack("<IHHiIII", magic, 2, 4, 0, 0, _SNAPLEN, self._link_type)

    def record(self, row: tuple[int, int | None, int, int, int, int, int], data: bytes) -> bytes:
        """Give one packet with its header; raises InputError for a packet of another link type."""
        number, time, _, link_type, length, _, _ = row
        if link_type != self._link_type:
            message = f"packet {number} has link type {link_type}, others have {self._link_type}"
            raise InputError(message, hint="pcap holds one link type: choose a name that ends in .pcapng")
        if time is None or not 0 <= time <= _LAST_PCAP_NS:
            self.written.untimed += 1
            time = 0
        seconds, rest = divmod(time, 1_000_000_000)
        return struct.pack("<IIII", seconds, rest // self._unit, len(data), length) + data


def _block(kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _interface(item: CaptureInterface) -> bytes:
    options = b"".join(
        struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)
        for code, value in (
            (_IF_NAME, item.name.encode()[:4096]),
            (_IF_DESCRIPTION, item.description.encode()[:4096]),
            (_IF_TSRESOL, _NANOSECONDS),
        )
        if value
    )
    # The snapshot length may be 0 (none) or smaller than what the file holds: readers then reject its packets.
    head = struct.pack("<HHI", item.link_type & 0xFFFF, 0, max(item.snaplen, _SNAPLEN) if item.snaplen else 0)
    return _block(1, head + options + struct.pack("<HH", 0, 0))


def batches(capture: CaptureFile, where: pl.Expr | None = None) -> Iterator[pl.DataFrame]:
    """Give the rows of captured packets that fulfil a condition, in order, some thousand at a time."""
    packets = capture.packets()
    chosen = packets if where is None else packets.filter(where)
    yield from chosen.select(COLUMNS).collect_batches(engine="streaming", maintain_order=True)


def frame_bytes(capture: CaptureFile, rows: pl.DataFrame) -> list[bytes]:
    """Read the captured bytes of rows of the packet table."""
    whole = rows.select("offset", "captured", payload_offset=pl.lit(0), payload_length="captured")
    return capture.payloads(whole)


def write_rows(
    capture: CaptureFile,
    frames: Iterable[pl.DataFrame],
    stream: IO[bytes],
    form: _Format,
    tick: Callable[[int], None] = lambda _: None,
) -> Written:
    """Write the packets of row batches to a stream; `tick` hears after every part how many packets were written."""
    stream.write(form.head())
    written = form.written
    for frame in frames:
        for part in _parts(frame.select(COLUMNS)):
            for row, data in zip(part.iter_rows(), frame_bytes(capture, part), strict=True):
                stream.write(form.record(row, data))
                written.packets += 1
                written.bytes += len(data)
            tick(written.packets)
    return written


def _parts(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut a batch where its packets together have a bounded size."""
    part = (frame["captured"].cast(pl.Int64).cum_sum() // _BATCH_BYTES).to_numpy()
    start = 0
    while start < frame.height:
        stop = int(part.searchsorted(part[start], side="right"))
        yield frame.slice(start, stop - start)
        start = stop


def form_for(capture: CaptureFile, out: Path, link_types: list[int]) -> Pcapng | Pcap:
    """Choose the format by the name of the file to write; raises InputError where pcap cannot hold the packets."""
    if out.suffix.lower() != ".pcap":
        return Pcapng(capture.interfaces, capture.secrets)
    if len(link_types) > 1:
        message = f"the packets have {len(link_types)} link types, a pcap file holds one"
        raise InputError(message, hint="choose a name that ends in .pcapng", place=str(out))
    finer = capture.format not in ("pcap", "pcap (modified)", "snoop")
    default = capture.interfaces[0].link_type if capture.interfaces else 1
    return Pcap(link_types[0] if link_types else default, nanoseconds=finer)


@contextlib.contextmanager
def whole_file(out: Path, *, source: Path | None = None) -> Iterator[IO[bytes]]:
    """Open a file that appears under its name when it is complete, or not at all.

    Raises InputError when it would take the place of `source`, of a folder or of a device, and
    FileRejectedError when it cannot be written.
    """
    if source is not None and out.exists() and out.samefile(source):
        raise InputError("is the capture that is read: choose another name", place=str(out))
    if out.exists() and not out.is_file():
        raise FileRejectedError("is not a file, a file is to be written", place=str(out))
    try:
        # In a folder of its own beside the place, the file gets the rights that any new file of the user has.
        with tempfile.TemporaryDirectory(dir=out.resolve().parent, prefix=".netguru-") as folder:
            made = Path(folder) / "content"
            with made.open("wb") as stream:
                yield stream
            made.replace(out)
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(out)) from None
