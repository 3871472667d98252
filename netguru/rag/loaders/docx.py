"""Reads DOCX files: the paragraphs, headings, lists and tables of the main part, with limits on what is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError
from netguru.rag.loaders import loaders
from netguru.rag.loaders.source import limits, named
from netguru.rag.loaders.writer import Line, Writer

if TYPE_CHECKING:
    from netguru.rag.documents import Document, Kind
    from netguru.rag.loaders.source import Source

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN = "word/document.xml"
_HEADING = re.compile(r"(?:heading|titre|t[ií]tulo|berschrift)\s*(\d)", re.IGNORECASE)
_CODE = re.compile(r"code|source|console|terminal|preformatted|c[oó]digo|verbatim", re.IGNORECASE)
_DAMAGES = (zipfile.BadZipFile, zlib.error, KeyError, RuntimeError, EOFError, OSError, ValueError)


class DocxLoader:
    """Read DOCX."""

    name = "docx"

    def recognise(self, head: bytes, uri: str) -> float:
        """Go by the archive's mark together with the name or the parts inside."""
        if not head.startswith(b"PK\x03\x04"):
            return 0.5 if named(self.name, uri) else 0.0
        return 0.95 if named(self.name, uri) or b"word/" in head else 0.0

    def load(self, source: Source) -> Document:
        """Read the main part; the macros, pictures and linked files of the archive are not touched."""
        try:
            with zipfile.ZipFile(io.BytesIO(source.data)) as archive:
                body = _xml(_part(archive, _MAIN, source))
                styles = _styles(archive, source)
                title = _core(archive, source)
        except FileRejectedError:
            raise
        except _DAMAGES as error:
            raise FileRejectedError(f"is a DOCX that cannot be read ({error})", place=source.uri) from None
        writer = Writer(source)
        _write(writer, body, styles)
        return writer.document(self.name, title=title)


def _part(archive: zipfile.ZipFile, name: str, source: Source) -> bytes:
    """Unpack one part; what the archive says of its size is not believed."""
    cap = limits()["unpacked_mb"] * 1_000_000
    with archive.open(name) as stream:
        data = stream.read(cap + 1)
    if len(data) > cap:
        raise FileRejectedError(f"unpacks to more than {limits()['unpacked_mb']} MB", place=source.uri)
    return data


def _xml(data: bytes) -> Any:
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=True
    )
    # A document of Word has no document type: whoever declares one wants its entities expanded.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("it declares XML entities")
    try:
        root = etree.fromstring(data, parser)
    except etree.LxmlError as error:
        raise ValueError(f"its XML is broken: {error}") from None
    if root is None:
        raise ValueError("its main part is no XML")
    return root


def _styles(archive: zipfile.ZipFile, source: Source) -> dict[str, str]:
    """Give the names of the styles by their ids."""
    if "word/styles.xml" not in archive.namelist():
        return {}
    root = _xml(_part(archive, "word/styles.xml", source))
    names = {}
    for style in root.iter(f"{_W}style"):
        name = style.find(f"{_W}name")
        if name is not None:
            names[style.get(f"{_W}styleId", "")] = name.get(f"{_W}val", "")
    return names


def _core(archive: zipfile.ZipFile, source: Source) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    root = _xml(_part(archive, "docProps/core.xml", source))
    return next((str(node.text) for node in root.iter("{http://purl.org/dc/elements/1.1/}title") if node.text), "")


def _write(writer: Writer, root: Any, styles: dict[str, str]) -> None:
    group: list[Line] = []
    kind: Kind = "prose"
    number = 0
    body = root.find(f"{_W}body")
    for node in [] if body is None else _flow(body):
        if writer.full:
            break
        if node.tag == f"{_W}tbl":
            writer.block(kind, group)
            rows = _rows(node, number)
            number += len(rows)
            writer.block("table", rows)
            group = []
            continue
        texts = _text(node).split("\n")
        lines = [Line(text, number + index) for index, text in enumerate(texts, 1)]
        number += len(lines)
        level, own = _style(node, styles)
        if level or own != kind or own == "prose":
            writer.block(kind, group)
            group, kind = [], own
        if level:
            writer.heading(level, " ".join(texts), lines[0].number)
        elif own == "list":
            group.extend(Line(("  " if at else "- ") + line.text, line.number) for at, line in enumerate(lines))
        else:
            group.extend(lines)
    writer.block(kind, group)


def _flow(body: Any) -> Any:
    """Give paragraphs and tables in order, those in content controls too, not those inside tables."""
    stack = list(reversed(body))
    while stack:
        node = stack.pop()
        if node.tag in {f"{_W}p", f"{_W}tbl"}:
            yield node
        elif isinstance(node.tag, str):
            stack.extend(reversed(node))


def _style(node: Any, styles: dict[str, str]) -> tuple[int, Kind]:
    properties = node.find(f"{_W}pPr")
    if properties is None:
        return 0, "prose"
    style = properties.find(f"{_W}pStyle")
    ident = style.get(f"{_W}val", "") if style is not None else ""
    name = styles.get(ident, ident)
    heading = _HEADING.search(name)
    outline = properties.find(f"{_W}outlineLvl")
    if heading:
        return int(heading[1]) or 1, "prose"
    if outline is not None and outline.get(f"{_W}val", "9") in "01234567":
        return int(outline.get(f"{_W}val")) + 1, "prose"
    if name.lower() == "title":
        return 1, "prose"
    if _CODE.search(name):
        return 0, "code"
    return 0, "list" if properties.find(f"{_W}numPr") is not None or "list" in name.lower() else "prose"


def _text(node: Any) -> str:
    """Join the runs of a paragraph; deleted text and field codes are no text of the document."""
    parts = []
    for item in node.iter(f"{_W}t", f"{_W}tab", f"{_W}br", f"{_W}cr", f"{_W}noBreakHyphen"):
        if item.tag == f"{_W}t":
            parts.append(item.text or "")
        elif item.tag == f"{_W}noBreakHyphen":
            parts.append("-")
        elif item.getparent().tag == f"{_W}r":
            # A tab among the properties of a paragraph is a tab stop.
            parts.append("\t" if item.tag == f"{_W}tab" else "\n")
    return "".join(parts)


def _rows(table: Any, number: int) -> list[Line]:
    rows: list[Line] = []
    for row in table.iter(f"{_W}tr"):
        cells = [
            " ".join(" ".join(_text(item) for item in cell.iter(f"{_W}p")).split()) for cell in row.iter(f"{_W}tc")
        ]
        if any(cells):
            rows.append(Line(f"| {' | '.join(cells)} |", number + len(rows) + 1))
    return rows


loaders.register("docx", DocxLoader())
