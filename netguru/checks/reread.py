"""Re-reading evidence: open the file again and look whether the quotation is at its place.

Each family registers a reader for its kind of evidence under the kind's name; lines are read here.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.model.source import SourceFile, split_lines
from netguru.registry import Registry

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence

_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}

EvidenceReader = Callable[["Evidence", Path], bool]
"""Tell whether the quotation of an evidence is found at its place in the file, whose digest is right."""

# The families that make evidence register their readers when their checks are loaded.
evidence_readers: Registry[EvidenceReader] = Registry("evidence reader", group="netguru.checks")


def verify(evidence: Evidence, root: Path) -> bool:
    """Find an evidence again: the file below `root`, its digest, and the quotation at its place.

    `root` is the folder that sources are relative to, or the file itself when one was analysed.
    False for a file that is missing, outside `root`, changed, or of an unknown kind of evidence.
    """
    file = _locate(evidence.source, root)
    if file is None or _digest(file) != evidence.sha256:
        return False
    reader = evidence_readers.get(evidence.kind)
    return reader is not None and reader(evidence, file)


def _digest(file: Path) -> str:
    status = file.stat()
    return _digest_of(file, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(64)
def _digest_of(file: Path, *version: int) -> str:
    """Compute the digest of a file, once while it does not change: a capture has much evidence."""
    del version
    return SourceFile.of(file).sha256


def _locate(source: str, root: Path) -> Path | None:
    if root.is_file():
        return root if root.name == Path(source).name else None
    base = root.resolve()
    file = (base / source).resolve()
    return file if file.is_file() and file.is_relative_to(base) else None


def read_lines(evidence: Evidence, file: Path) -> bool:
    """Find a quotation in lines `start` to `end` of a text file, numbered from 1."""
    lines = split_lines(_text(file.read_bytes()))
    if not 1 <= evidence.start <= evidence.end <= len(lines):
        return False
    return evidence.text in "\n".join(lines[evidence.start - 1 : evidence.end])


def _text(data: bytes) -> str:
    # As files are read for analysis: by their mark, else UTF-8, else Latin-1, which keeps every byte.
    for mark, encoding in _MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


evidence_readers.register("line", read_lines)
