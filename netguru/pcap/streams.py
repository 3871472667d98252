"""Streams: the bytes of a capture from a path, a file object or standard input, unpacked on the way.

Compressed captures are told by their first bytes, never by name, and unpacked piece by piece in
fixed memory. Damage to the packing is recorded; what was unpacked before it is given.
"""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from netguru.errors import FileRejectedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netguru.pcap.framing import Found

GZIP_MAGIC = b"\x1f\x8b"
STDIN = "-"
"""The path that stands for standard input."""
_HEAD, _MAGIC_BYTES = 64, 6
_READ = 1 << 18
_PIECE = 1 << 18
# Arrow loses what one call unpacked when it fails: the calls are small.
_ARROW_PIECE = 1 << 14
_SPOOL_BYTES = 32 << 20
# What a small compressed file unpacks to before it counts as a bomb; a gzip stream can reach 1032 times its size.
_BOMB_RATIO = 1000
_BOMB_FLOOR = 64_000_000
_XZ_MEMORY = 256 << 20
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class _CutShortError(EOFError):
    pass


class _Packed:
    """The packed bytes of a stream, counted; it can be read again from its start where the stream can."""

    closed = False

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = _READ) -> bytes:
        part = self._stream.read(size) or b""
        self.count += len(part)
        return part

    def again(self) -> bool:
        if not self._stream.seekable():
            return False
        self._stream.seek(0)
        return True

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Leave the stream open: Arrow closes what it reads from, whoever owns it."""


def _gzip(packed: _Packed) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP_WINDOW)
    pending = packed.read()
    while pending:
        yield member.decompress(pending, _PIECE)
        pending = member.unconsumed_tail
        if member.eof:
            # A gzip file is a chain of members (RFC 1952, section 2.2); other bytes after one are padding.
            pending = member.unused_data or packed.read()
            pending += packed.read(1) if len(pending) == 1 else b""
            if not pending.startswith(GZIP_MAGIC):
                return
            member = zlib.decompressobj(_GZIP_WINDOW)
        pending = pending or packed.read()
    if not member.eof:
        yield member.flush()
        raise _CutShortError


def _chained(make: Callable[[], Any]) -> Callable[[_Packed], Iterator[bytes]]:
    """Unpack by the decompressors of bz2 and lzma, whose files are chains of streams too."""

    def pieces(packed: _Packed) -> Iterator[bytes]:
        member, pending, first = make(), packed.read(), True
        while pending:
            while not member.eof:
                yield member.decompress(pending, _PIECE)
                if member.eof:
                    break
                pending = packed.read() if member.needs_input else b""
                if member.needs_input and not pending:
                    raise _CutShortError
            pending = member.unused_data.lstrip(b"\0") or packed.read()
            if not first and not pending:
                return
            first = False
            if _name(pending) != _name_of(make):
                return
            member = make()

    return pieces


def _name_of(make: Callable[[], Any]) -> str:
    return "bzip2" if make is _bzip2 else "xz"


def _bzip2() -> Any:
    import bz2

    return bz2.BZ2Decompressor()


def _xz() -> Any:
    import lzma

    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


def _arrow(codec: str) -> Callable[[_Packed], Iterator[bytes]]:
    """Unpack by the codecs of Arrow."""

    def pieces(packed: _Packed) -> Iterator[bytes]:
        done = 0
        try:
            for piece in _arrow_pieces(packed, codec, _ARROW_PIECE):
                done += len(piece)
                yield piece
        except OSError:
            if packed.again():
                yield from _arrow_rest(packed, codec, done)
            raise

    return pieces


def _arrow_pieces(packed: _Packed, codec: str, size: int) -> Iterator[bytes]:
    import pyarrow as pa

    unpacked = pa.CompressedInputStream(pa.PythonFile(packed, "r"), codec)
    while piece := unpacked.read(size):
        yield piece


def _arrow_rest(packed: _Packed, codec: str, done: int) -> Iterator[bytes]:
    """Unpack once more, byte by byte from where a call failed: nothing that could be had is lost."""
    import pyarrow as pa

    unpacked = pa.CompressedInputStream(pa.PythonFile(packed, "r"), codec)
    try:
        while done:
            done -= len(unpacked.read(min(done, _ARROW_PIECE)))
        while piece := unpacked.read(1):
            yield piece
    except OSError:
        return


# The first bytes, the name, and how it is unpacked (RFC 1952, RFC 8878, LZ4 frame format, bzip2, xz format).
_PACKINGS: tuple[tuple[bytes, str, Callable[[_Packed], Iterator[bytes]]], ...] = (
    (GZIP_MAGIC, "gzip", _gzip),
    (bytes.fromhex("28b52ffd"), "zstd", _arrow("zstd")),
    (bytes.fromhex("04224d18"), "lz4", _arrow("lz4")),
    (b"BZh", "bzip2", _chained(_bzip2)),
    (bytes.fromhex("fd377a585a00"), "xz", _chained(_xz)),
)


def packing(head: bytes) -> str:
    """Name the compression of a file by its first bytes; empty when it has none.

    >>> packing(bytes.fromhex("28b52ffd")), packing(bytes.fromhex("d4c3b2a1"))
    ('zstd', '')
    """
    return next((name for magic, name, _ in _PACKINGS if head.startswith(magic)), "")


_name = packing


class Unpacked(io.RawIOBase):
    """The bytes inside a compressed stream, from its start to its end, once."""

    def __init__(self, stream: IO[bytes], found: Found, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._found = found
        self._name = name
        self._packed = _Packed(stream)
        self._pieces = next(unpack for _, known, unpack in _PACKINGS if known == name)(self._packed)
        self._piece = memoryview(b"")
        self._count = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, target: Any) -> int:
        """Unpack into a buffer; gives the number of bytes, 0 at the end."""
        while not self._piece:
            piece = self._next()
            if piece is None:
                return 0
            self._piece = memoryview(piece)
        count = min(len(target), len(self._piece))
        target[:count] = self._piece[:count]
        self._piece = self._piece[count:]
        return count

    def _next(self) -> bytes | None:
        if self._count > _BOMB_FLOOR + _BOMB_RATIO * self._packed.count:
            self._end(f"the {self._name} data unpacks to more than {_BOMB_RATIO} times its size; reading stops")
        try:
            piece = next(self._pieces, None)
        except _CutShortError:
            self._end(f"the {self._name} data is cut short")
            return None
        except Exception as error:  # noqa: BLE001 - every decompressor has errors of its own
            cut = "Truncated" in str(error)
            self._end(f"the {self._name} data is " + ("cut short" if cut else f"damaged ({_text(error)})"))
            return None
        self._count += len(piece or b"")
        return piece

    def _end(self, message: str) -> None:
        self._found.damaged(self._count, message)
        self._pieces = iter(())

    def close(self) -> None:
        """Close the compressed stream too."""
        self._stream.close()
        super().close()


def _text(error: Exception) -> str:
    return " ".join(str(error).split())


class _Joined(io.RawIOBase):
    """A stream whose first bytes were read already, and which cannot go back."""

    def __init__(self, head: bytes, stream: IO[bytes]) -> None:
        super().__init__()
        self._head = head
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        part = self._head[: len(target)] if self._head else self._stream.read(len(target)) or b""
        self._head = self._head[len(part) :]
        target[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        super().close()


def open_forward(source: Path | str | IO[bytes], found: Found) -> IO[bytes]:
    """Open a capture for reading once from start to end, in fixed memory.

    `source` is a path, "-" for standard input, or an open binary file, which need not be seekable.
    A compressed capture is unpacked on the way; what is wrong with it is recorded in `found`.
    Raises FileRejectedError when the file cannot be opened.
    """
    stream = source if not isinstance(source, (Path, str)) else _open(source)
    head = _first(stream, _MAGIC_BYTES)
    if stream.seekable():
        stream.seek(0)
    elif head:
        stream = cast("IO[bytes]", _Joined(head, stream))
    name = packing(head)
    return cast("IO[bytes]", Unpacked(stream, found, name)) if name else stream


def _open(source: Path | str) -> IO[bytes]:
    if str(source) == STDIN:
        return sys.stdin.buffer
    try:
        return cast("IO[bytes]", Path(source).open("rb", buffering=0))
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=str(source)) from None


def _first(stream: IO[bytes], count: int) -> bytes:
    head = b""
    while len(head) < count and (part := stream.read(count - len(head))):
        head += part
    return head


def is_packed(path: Path) -> bool:
    """Say whether a file is compressed, by its first bytes; an unpacked copy of it is worth keeping.

    Raises FileRejectedError when the file cannot be opened.
    """
    with _open(path) as stream:
        return bool(packing(_first(stream, _MAGIC_BYTES)))


def first_bytes(path: Path) -> bytes:
    """Give the first bytes of a capture, unpacked; empty when nothing can be had."""
    from netguru.pcap.framing import Found

    try:
        with open_forward(path, Found()) as stream:
            return _first(stream, _HEAD)
    except (OSError, FileRejectedError):
        return b""


def open_seekable(path: Path, found: Found) -> IO[bytes]:
    """Open a capture for reading anywhere; a compressed one is unpacked to a temporary file first.

    Raises FileRejectedError when the file cannot be opened.
    """
    stream = open_forward(path, found)
    if stream.seekable():
        stream.close()
        return path.open("rb")
    spool: IO[bytes] = tempfile.SpooledTemporaryFile(_SPOOL_BYTES)  # noqa: SIM115 - lives as long as the handle
    room = shutil.disk_usage(tempfile.gettempdir()).free // 2
    with stream:
        while part := stream.read(_PIECE):
            if spool.tell() + len(part) > room:
                found.damaged(spool.tell(), f"there is no room on disk for more than {room // 1_000_000} MB unpacked")
                break
            spool.write(part)
    spool.seek(0)
    return spool
