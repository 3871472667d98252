"""Sources: the files an analysis read, and the pieces of text inside them."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError
from netguru.model.evidence import QUOTATION_LIMIT, Evidence

if TYPE_CHECKING:
    from pathlib import Path

_LINE_END = re.compile("\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    r"""Split text at LF, CRLF and CR only, as editors number lines.

    `str.splitlines` also splits at form feeds and separators inside a banner, which would
    shift every line number after it. A trailing line end makes no extra line.

    >>> split_lines("a\r\nb\x0cc\n")
    ['a', 'b\x0cc']
    """
    lines = _LINE_END.split(text)
    if lines and not lines[-1]:
        lines.pop()
    return lines


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """Name one file: `name` relative to the input, `path` on disk, digest and size in bytes.

    Made by `of`, the digest is computed when it is first asked for: a large capture is read once more for it.
    """

    name: str
    path: Path
    sha256: str
    size: int
    _changed: int = field(default=0, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, path: Path, *, name: str = "") -> SourceFile:
        """Name a file that can be opened; raises OSError as `open` does."""
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
        file = object.__new__(cls)
        known = {"name": name or path.name, "path": path, "size": status.st_size, "_changed": status.st_mtime_ns}
        for key, value in known.items():
            object.__setattr__(file, key, value)
        return file

    def __getattr__(self, name: str) -> str:
        # Asked for what is not set: for the digest of a file that was named and not hashed yet.
        if name != "sha256":
            raise AttributeError(name)
        object.__setattr__(self, "sha256", self._digest())
        return self.sha256

    def _digest(self) -> str:
        """Hash the file in fixed memory; raises FileRejectedError when it is not the file that was named."""
        try:
            with self.path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
                status = os.fstat(stream.fileno())
        except OSError as error:
            raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=self.name) from None
        if (status.st_size, status.st_mtime_ns) != (self.size, self._changed):
            raise FileRejectedError("changed while it was read", place=self.name, hint="run it again")
        return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of text in a file that came from one command or is one document.

    `first_line` is the number, counted from 1, of the first line of `text` in the file.
    `device` and `command` are hints from a prompt, a heading or the path; empty when unknown.
    `device_is_certain` tells a prompt or a hostname from a guess by file name.
    """

    file: SourceFile
    text: str
    first_line: int = 1
    device: str = ""
    command: str = ""
    device_is_certain: bool = False
    _lines: list[str] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def lines(self) -> list[str]:
        """Split the text into lines without their ends (`split_lines`); the list is shared, not to be changed."""
        if self._lines is None:
            # Every quotation asks for them: split once, not once a finding.
            object.__setattr__(self, "_lines", split_lines(self.text))
        return self._lines or []

    def evidence(self, start: int, end: int | None = None, text: str | None = None) -> Evidence:
        """Quote lines of the file; `start` and `end` are line numbers in the file, both included.

        `text` quotes a verbatim part of these lines instead of the whole (never a secret).
        """
        last = start if end is None else end
        if text is None:
            text = "\n".join(self.lines[start - self.first_line : last - self.first_line + 1])
        return Evidence(
            source=self.file.name,
            sha256=self.file.sha256,
            kind="line",
            start=start,
            end=last,
            text=text[:QUOTATION_LIMIT],
        )
