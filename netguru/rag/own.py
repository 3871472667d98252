"""The files of a network among the documents: configurations by stanza, outputs by command, captures in words.

They are recognised by content, as everywhere. Secrets are replaced before anything is stored; a capture gives no
payload. What they say is put together by the families (`netguru.workspace.describers`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from netguru import resources
from netguru.errors import FileRejectedError, NetGuruError
from netguru.model.description import Description, Passage
from netguru.rag.loaders.source import Source, limits, suffix
from netguru.rag.loaders.writer import Line, Writer
from netguru.redact import Pseudonyms, redact
from netguru.workspace.captures import is_capture, read_capture
from netguru.workspace.describers import describers
from netguru.workspace.files import admit_below, decode
from netguru.workspace.naming import name_device
from netguru.workspace.readers import recognised, surest, text_readers
from netguru.workspace.transcript import split_transcript

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.network import Network
    from netguru.model.source import Piece, SourceFile
    from netguru.rag.documents import Document
    from netguru.workspace.readers import TextReader

OWN = ("capture", "config", "network", "state")
"""Formats of documents that were made of the files of a network."""
STATE_VERSION = "1"
HIDING = "redact/1"
"""What hides secrets; files are read again when it is another."""
_OF_DOCUMENTS = ("rst", "markdown", "html", "pdf", "docx")


def read(root: Path, uri: str) -> Document | None:
    """Read a file of a network, None for one that is no such file; raises FileRejectedError."""
    if any(suffix(uri) in resources.table("rag", "loading.toml")["suffixes"][name] for name in _OF_DOCUMENTS):
        return None
    file, head = admit_below(root, uri, spared=is_capture)
    capture = read_capture(file, head)
    if capture is not None:
        made = describers["capture"].describe(capture)
        if made is None:
            raise FileRejectedError("is a capture without packets", place=uri)
        return _written("capture", [made], uri, file)
    try:
        text = decode(file, head)
    except FileRejectedError:
        # Binary data: a format of documents may still know it.
        return None
    cap = limits()["characters"]
    if len(text) > cap:
        text = text[: text.rfind("\n", 0, cap) + 1 or cap]
        return _of_text(file, uri, hidden(text), f"cut after {len(text):,} characters: the limit of one document")
    return _of_text(file, uri, hidden(text))


def _of_text(file: SourceFile, uri: str, text: str, damage: str = "") -> Document | None:
    chosen = [(piece, _reader(piece)) for piece in split_transcript(file, text)]
    known = sum(len(piece.lines) for piece, reader in chosen if reader is not None)
    enough = resources.table("rag", "loading.toml")["own"]["share"]
    if not known or known < enough * sum(len(piece.lines) for piece, _ in chosen):
        return None
    described = [_described(piece, reader) for piece, reader in chosen]
    form = "config" if any(item.platform for item in described) else "state"
    document = _written(form, described, uri, file)
    return replace(document, damages=(*document.damages, damage)) if damage else document


def _reader(piece: Piece) -> TextReader | None:
    sure = resources.table("rag", "loading.toml")["own"]["sure"]
    matches = [(reader, recognised(reader, piece)) for reader in text_readers.values()]
    # A long text may hold some lines that a configuration could have.
    found: TextReader | None = surest(
        (reader, match)
        for reader, match in matches
        if match is not None and (reader.role != "config" or match.confidence >= sure)
    )
    return found


def _described(piece: Piece, reader: TextReader | None) -> Description:
    if reader is not None and reader.role == "config":
        try:
            found = describers["config"].describe(reader.read(_named(piece)))
        except NetGuruError:
            found = None
        if found is not None:
            return found
    return _output(piece)


def _named(piece: Piece) -> Piece:
    return piece if piece.device else replace(piece, device=name_device(piece.file.name, ()))


def _output(piece: Piece) -> Description:
    """Describe what a device printed: its lines, under the device and the command."""
    device = _named(piece).device or PurePosixPath(piece.file.name).stem
    path = tuple(part for part in (device, piece.command) if part)
    lines = tuple(enumerate(piece.lines, piece.first_line))
    return Description(title=device, device=device, passages=(Passage(path=path, lines=lines),))


def of_network(network: Network, uri: str) -> Document | None:
    """Describe the cabling of a network, None where none is known."""
    made = describers["network"].describe(network)
    return _written("network", [made], uri, None) if made is not None else None


def _written(form: str, described: list[Description], uri: str, file: SourceFile | None) -> Document:
    # The bytes of a capture may be many: what is read of it stands for them.
    source = Source(uri=uri, data=repr(described).encode())
    writer = Writer(source)
    for item in described:
        for passage in item.passages:
            writer.under(passage.path)
            lines = passage.lines if passage.stated else [(number, hidden(text)) for number, text in passage.lines]
            writer.block(passage.kind, [Line(text.expandtabs(8), number) for number, text in lines])
    document = writer.document(form, title=described[0].title)
    about = resources.table("rag", "platforms.toml").get(next((item.platform for item in described), ""), {})
    return replace(
        document,
        sha256=file.sha256 if file else document.sha256,
        vendor=about.get("vendor"),
        product=about.get("product"),
    )


def hidden(text: str) -> str:
    """Replace the secrets of a text in their place; its lines keep their numbers. The one place where this is done."""
    return redact(text, pseudonyms=_UNNAMED).text


class _Unnamed(Pseudonyms):
    """One name for all secrets: what is stored is the same whenever it is read, and tells nothing of them."""

    def of(self, secret: str) -> str:
        """Give the name of any secret."""
        del secret
        return "REDACTED-00000000"


_UNNAMED = _Unnamed(key=b"")
