"""A source as a loader gets it: its bytes, its text, and the files below the root that it may include."""

from __future__ import annotations

import codecs
import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import FileRejectedError
from netguru.rag.documents import Include

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BREAK = re.compile(r"\r\n?|\n")
_NOT_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a]")
# One such byte in so many is an accident in a text, more are a program or a picture.
_ACCIDENTS = 200
# What part of every second byte is zero in Western text of two bytes a character, and what part of the others.
_ZEROS, _STRAY = 0.7, 0.1
_TELLING = 8
_LOOK = 8192


_own_limits: dict[str, int] = {}


def limits() -> dict[str, Any]:
    """Give the limits of one document (`data/tables/rag/loading.toml`), with those set for this process."""
    return {**resources.table("rag", "loading.toml")["limits"], **_own_limits}


def limit_to(limit: Mapping[str, int]) -> None:
    """Set limits for this process in place of those of the table."""
    _own_limits.update(limit)


def suffix(uri: str) -> str:
    """Give the suffix of a name in lower case, without its dot."""
    return PurePosixPath(uri.partition("?")[0]).suffix.lower().lstrip(".")


def named(loader: str, uri: str) -> bool:
    """Tell whether a name has a suffix of a format."""
    return suffix(uri) in resources.table("rag", "loading.toml")["suffixes"][loader]


def is_text(head: bytes) -> bool:
    """Tell whether bytes look like text, in UTF-8, UTF-16, or an 8-bit code; a stray control character does no harm."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(head):
        return True
    return len(_NOT_TEXT.findall(head)) <= 1 + len(head) // _ACCIDENTS


def _wide(head: bytes) -> str:
    r"""Name the encoding of a text in UTF-16 without a mark, by where its zeros stand; empty for any other.

    >>> _wide("a text".encode("utf-16-le")), _wide(b"a text")
    ('utf-16-le', '')
    """
    half = len(head) // 2
    if half < _TELLING // 2 or b"\0" not in head:
        return ""
    even, odd = (head[start : 2 * half : 2].count(0) / half for start in (0, 1))
    if odd >= _ZEROS and even <= _STRAY:
        return "utf-16-le"
    return "utf-16-be" if even >= _ZEROS and odd <= _STRAY else ""


def decode(data: bytes) -> tuple[str, str]:
    """Decode a text of unknown encoding; gives the text and what was wrong with it, or an empty string.

    >>> decode("ação".encode("cp1252"))
    ('ação', 'is not UTF-8; read as Windows-1252')
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "") or _wide(data[:_LOOK]) or "utf-8"
    try:
        return data.decode(encoding), ""
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
    broken = text.count("\ufffd")
    # Text in an 8-bit code hardly ever forms a valid sequence of several bytes; broken UTF-8 has many.
    if encoding == "utf-8" and sum(char > "\x7f" for char in text) - broken < broken:
        try:
            return data.decode("cp1252"), "is not UTF-8; read as Windows-1252"
        except UnicodeDecodeError:
            pass
    return text, f"{broken} characters could not be decoded and are shown as \ufffd"


def lines_of(text: str) -> list[str]:
    r"""Split at LF, CR LF and CR alone: a form feed or a Unicode separator ends no line of a source.

    >>> lines_of("a\r\nb\rc")
    ['a', 'b', 'c']
    """
    return _BREAK.split(text)


@dataclass(slots=True, kw_only=True)
class Source:
    """One source while it is read: what it includes and what is wrong with it is noted here."""

    uri: str
    data: bytes
    root: Path | None = None
    damages: list[str] = field(default_factory=list)
    includes: dict[str, Include] = field(default_factory=dict)
    _taken: int = 0
    _count: int = 0

    @property
    def sha256(self) -> str:
        """Hash the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def text(self) -> str:
        """Decode the bytes; what is wrong with them is noted as damage."""
        text, damage = decode(self.data)
        if damage:
            self.damaged(damage)
        cap = limits()["characters"]
        if len(text) > cap:
            self.damaged(f"cut after {cap:,} characters: the limit of one document")
            end = text.rfind("\n", cap // 2, cap)
            text = text[: end if end > 0 else cap]
        return text

    def damaged(self, message: str) -> None:
        """Note a damage once."""
        message = " ".join(message.split())[:300]
        if message not in self.damages:
            self.damages.append(message)

    def include(self, target: str, base: str) -> tuple[str, str] | None:
        """Read a file that a directive in the file `base` asks for; gives its name below the root and its text.

        A file outside the root, missing, or beyond the limits is not read; the damage tells why.
        """
        try:
            return self._include(target, base)
        except FileRejectedError as error:
            self.damaged(f"include left out: {error}")
            return None

    def _include(self, target: str, base: str) -> tuple[str, str]:
        limit = limits()
        if self.root is None:
            raise FileRejectedError("no folder to read from", place=target)
        self._count += 1
        if self._count > limit["includes"]:
            raise FileRejectedError(f"more than {limit['includes']} includes", place=target)
        path = self._inside(target, base, self.root.resolve())
        if path.stat().st_size + self._taken > limit["include_mb"] * 1_000_000:
            raise FileRejectedError(f"the includes are over {limit['include_mb']} MB together", place=target)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=target) from None
        self._taken += len(data)
        name = path.relative_to(self.root.resolve()).as_posix()
        self.includes[name] = Include(uri=name, sha256=hashlib.sha256(data).hexdigest())
        text, damage = decode(data)
        if damage:
            self.damaged(f"{name}: {damage}")
        return name, text

    def _inside(self, target: str, base: str, root: Path) -> Path:
        outside = False
        for place in _places(target, base):
            try:
                path = (root / place).resolve()
                if not path.is_relative_to(root):
                    outside = True
                elif path.is_file():
                    return path
            except (OSError, ValueError):
                continue
        raise FileRejectedError("leaves the folder of the documents" if outside else "does not exist", place=target)


def _places(target: str, base: str) -> Iterator[str]:
    # A leading slash means the root of the documentation, which may lie below the folder that is read:
    # then the nearest folder above the including file that has it.
    above = list(PurePosixPath(base).parents)
    if target.startswith("/"):
        yield from ((folder / target.lstrip("/")).as_posix() for folder in above)
    else:
        yield from ((folder / target).as_posix() for folder in above)
