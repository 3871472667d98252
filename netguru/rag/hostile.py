"""Reads the documents of others in a process with limits on time, memory and output, so that none harms the program."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from threading import RLock
from typing import IO, TYPE_CHECKING, Any, Self, cast, get_args

from netguru.errors import FileRejectedError
from netguru.rag.documents import Block, Document, Include, Kind
from netguru.rag.loaders import name_below
from netguru.rag.loaders.source import limits
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

_KINDS = frozenset(get_args(Kind))
_MODULE = "netguru.rag.loaders.worker"
_READ = 1 << 20
_LENGTH_DIGITS = 20


class Reader:
    r"""Read one document after the other in one process, which is begun anew when a document costs it its life.

    `root` is the folder that include directives may read from. `limit` overrides limits of the table (`[limits]` of
    `data/tables/rag/loading.toml`).

    >>> with Reader() as reader:
    ...     reader.read_bytes(b"# VLANs\n\nA text.", "vlans.md").title
    'VLANs'
    """

    def __init__(self, root: Path | None = None, *, limit: Mapping[str, int] | None = None) -> None:
        self.root = root
        self._limit: dict[str, int] = {**limits(), **(limit or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._answered = 0
        self._lock = RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, path: Path, uri: str = "") -> Document:
        """Read a file; raises FileRejectedError with one clear line when it cannot be taken."""
        uri = uri or name_below(path, self.root)
        return self._ask({"uri": uri, "path": str(path.absolute())}, b"")

    def read_bytes(self, data: bytes, uri: str) -> Document:
        """Read what is in memory; raises FileRejectedError as `read` does."""
        cap = settings().max_file_bytes
        if len(data) > cap:
            raise FileRejectedError(f"is over the cap of {cap / 1e6:.0f} MB", place=uri)
        return self._ask({"uri": uri, "size": len(data)}, data)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            process, self._process = self._process, None
            if process is None:
                return
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _ask(self, request: dict[str, Any], data: bytes) -> Document:
        uri = request["uri"]
        try:
            uri.encode()
        except UnicodeEncodeError:
            raise FileRejectedError("has a name that is not UTF-8", place=ascii(uri)) from None
        request["root"] = str(self.root.absolute()) if self.root else ""
        with self._lock:
            try:
                answer = self._exchange(json.dumps(request).encode("ascii") + b"\n" + data, uri)
            except BaseException:
                # What is left of an exchange would be taken for the answer of the next one.
                self.close()
                raise
            if "failed" in answer:
                self.close()
                raise self._over_memory(uri)
        if "error" in answer:
            raise FileRejectedError(str(answer["error"]), place=uri, hint=str(answer.get("hint", "")))
        return _unpacked(answer.get("document"), uri)

    def _exchange(self, message: bytes, uri: str) -> dict[str, Any]:
        if self._answered >= self._limit["documents"]:
            self.close()
        process = self._process or self._begin()
        self._answered += 1
        # By then the process is ended, whatever it waits for.
        until = time.monotonic() + self._limit["wall_seconds"]
        if not _written(cast("IO[bytes]", process.stdin), message, until):
            raise self._ended(process, uri)
        data = self._received(process, until, uri)
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise FileRejectedError("cannot be read: the reading process gave no answer", place=uri)
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        # Of the environment, what Python and the limits need; no key of the user is handed to what reads hostile files.
        environment = {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path.startswith(os.sep)),
            "LC_ALL": "C.UTF-8",
            "NETGURU_MAX_FILE_MB": str(settings().max_file_mb),
        }
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-B", "-m", _MODULE, json.dumps(self._limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
        )
        for pipe in (self._process.stdin, self._process.stdout):
            os.set_blocking(cast("IO[bytes]", pipe).fileno(), False)
        self._answered = 0
        return self._process

    def _received(self, process: subprocess.Popen[bytes], until: float, uri: str) -> bytes:
        """Read an answer: its length on a line, then as many bytes."""
        stream = cast("IO[bytes]", process.stdout).fileno()
        held = bytearray()
        wanted = -1
        with selectors.DefaultSelector() as selector:
            selector.register(stream, selectors.EVENT_READ)
            while wanted < 0 or len(held) < wanted:
                if not selector.select(max(until - time.monotonic(), 0)):
                    raise FileRejectedError(f"took more than {self._limit['wall_seconds']} s", place=uri)
                part = os.read(stream, _READ)
                if not part:
                    raise self._ended(process, uri)
                held += part
                if wanted < 0:
                    wanted = self._length(held, uri)
        return bytes(held[:wanted])

    def _length(self, held: bytearray, uri: str) -> int:
        line, found, rest = held.partition(b"\n")
        if not found and len(held) < _LENGTH_DIGITS:
            return -1
        if not found or not line.isdigit() or int(line) > self._limit["answer_mb"] * 1_000_000:
            raise FileRejectedError(f"gives more than {self._limit['answer_mb']} MB of text", place=uri)
        held[:] = rest
        return int(line)

    def _ended(self, process: subprocess.Popen[bytes], uri: str) -> FileRejectedError:
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            return FileRejectedError(f"took more than {self._limit['wall_seconds']} s", place=uri)
        if code == -signal.SIGKILL:
            return FileRejectedError("cannot be read: the reading process was ended from outside", place=uri)
        if code == -signal.SIGXCPU:
            return FileRejectedError(f"took more than {self._limit['cpu_seconds']} s of computing", place=uri)
        if code in {-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS}:
            return FileRejectedError("broke the library that reads it", place=uri)
        return self._over_memory(uri)

    def _over_memory(self, uri: str) -> FileRejectedError:
        return FileRejectedError(f"needs more than {self._limit['memory_mb']} MB of memory", place=uri)


def _written(stream: IO[bytes], message: bytes, until: float) -> bool:
    """Write a message to a process that may have ended, or may not read it."""
    view = memoryview(message)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_WRITE)
        while view:
            if not selector.select(max(until - time.monotonic(), 0)):
                return False
            try:
                view = view[os.write(stream.fileno(), view[:_READ]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError:
                return False
    return True


def _unpacked(plain: Any, uri: str) -> Document:
    """Make a document of plain values; they come from a process that has read hostile bytes, and are checked."""
    try:
        values = dict(plain)
        paths = [tuple(map(str, path)) for path in values.pop("paths")]
        end = len(values["text"])
        blocks = tuple(
            Block(start=int(start), end=int(stop), kind=kind, level=int(level), path=paths[path])
            for start, stop, kind, level, path in values.pop("blocks")
            if kind in _KINDS and 0 <= start <= stop <= end
        )
        includes = tuple(Include(uri=str(name), sha256=str(digest)) for name, digest in values.pop("includes"))
        for name in ("line_starts", "source_lines", "pages"):
            values[name] = tuple(map(int, values[name]))
        values["damages"] = tuple(map(str, values["damages"]))
        return Document(**{**values, "blocks": blocks, "includes": includes, "uri": uri})
    except (TypeError, ValueError, KeyError, IndexError):
        raise FileRejectedError("cannot be read: the reading process gave no document", place=uri) from None
