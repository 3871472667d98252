"""Sources: the files an analysis read, and the pieces of text inside them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

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
    """Name one file: `name` relative to the input, `path` on disk, digest and size in bytes."""

    name: str
    path: Path
    sha256: str
    size: int

    @classmethod
    def of(cls, path: Path, *, name: str = "") -> SourceFile:
        """Read a file once, in blocks, to get its digest.

        Raises OSError as `open` does.
        """
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        return cls(name=name or path.name, path=path, sha256=digest.hexdigest(), size=path.stat().st_size)


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
