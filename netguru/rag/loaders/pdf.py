"""Reads PDF files page by page with pypdf; nothing in them is run, embedded files are left alone."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError
from netguru.rag.loaders import loaders
from netguru.rag.loaders.source import limits, named
from netguru.rag.loaders.writer import Line, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.documents import Document
    from netguru.rag.loaders.source import Source

_START = 1024
_NUMBERED = re.compile(r"((?:\d{1,2}\.)+\d{0,2}|\d{1,2})\s+(\"?[A-Z][^.!?]{2,70})")
_RUNNING_SHARE = 0.5
_FEW_PAGES = 4


class PdfLoader:
    """Read PDF."""

    name = "pdf"

    def recognise(self, head: bytes, uri: str) -> float:
        """Go by the mark at the start."""
        if b"%PDF-" in head[:_START]:
            return 1.0
        return 0.6 if named(self.name, uri) else 0.0

    def load(self, source: Source) -> Document:
        """Read the text of each page; the outline gives the headings where there is one."""
        # pypdf tells every oddity of a file to its log; what matters is told as damage.
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        reader = _opened(source)
        pages = list(_pages(source, reader))
        headings = _outline(reader)
        running = _running(pages)
        writer = Writer(source)
        number = 0
        for index, text in enumerate(pages):
            writer.page()
            lines = [Line(line, number + offset) for offset, line in enumerate(text.split("\n"), 1)]
            number += len(lines)
            _write(writer, [line for line in lines if _shape(line.text) not in running], headings.get(index, []))
        if not any(text.strip() for text in pages):
            source.damaged("holds no text: scanned pages are not read")
        return writer.document(self.name, title=_title(reader))


def _opened(source: Source) -> Any:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(source.data), strict=False)
        locked = reader.is_encrypted and not reader.decrypt("")
        if not locked:
            len(reader.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, ImportError) as error:
        raise FileRejectedError(f"is a PDF that cannot be read ({_told(error)})", place=source.uri) from None
    if locked:
        raise FileRejectedError("is encrypted", place=source.uri, hint="save it without a password")
    return reader


def _pages(source: Source, reader: Any) -> Iterator[str]:
    limit = limits()
    count = len(reader.pages)
    size = 0
    for index in range(min(count, limit["pages"])):
        try:
            text = reader.pages[index].extract_text() or ""
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - a broken page raises anything; the others are read all the same
            source.damaged(f"page {index + 1} cannot be read ({_told(error)})")
            text = ""
        size += len(text)
        yield text.replace("\r\n", "\n").replace("\r", "\n")
        if size > limit["characters"]:
            source.damaged(f"pages from {index + 2} on are left out: the limit of one document")
            return
    if count > limit["pages"]:
        source.damaged(f"pages from {limit['pages'] + 1} on are left out, of {count}")


def _told(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:120]


def _outline(reader: Any) -> dict[int, list[tuple[int, str]]]:
    """Give the entries of the outline by page: level and title."""
    found: dict[int, list[tuple[int, str]]] = {}
    try:
        stack = [(1, item) for item in reversed(reader.outline)]
        while stack and len(found) < limits()["pages"]:
            level, item = stack.pop()
            if isinstance(item, list):
                stack.extend((level + 1, inner) for inner in reversed(item))
                continue
            page = reader.get_destination_page_number(item)
            if page is not None and item.title:
                found.setdefault(page, []).append((level, " ".join(str(item.title).split())))
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - a broken outline costs headings, not the text
        return found
    return found


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", " ".join(text.split())).lower()


def _running(pages: list[str]) -> set[str]:
    """Find the headers and footers: first or last lines that most pages share but for their numbers."""
    if len(pages) < _FEW_PAGES:
        return set()
    seen: Counter[str] = Counter()
    for text in pages:
        lines = [line for line in text.split("\n") if line.strip()]
        seen.update({_shape(line) for line in (*lines[:2], *lines[-2:])})
    return {shape for shape, count in seen.items() if count > len(pages) * _RUNNING_SHARE}


def _write(writer: Writer, lines: list[Line], headings: list[tuple[int, str]]) -> None:
    wanted = list(headings)
    group: list[Line] = []
    for line in lines:
        text = " ".join(line.text.split())
        hit = next((item for item in wanted if _same(item[1], text)), None)
        numbered = None if headings else _NUMBERED.fullmatch(text)
        if hit or numbered or not text:
            writer.block("prose", group)
            group = []
        if hit:
            wanted.remove(hit)
            writer.heading(hit[0], text, line.number)
        elif numbered:
            writer.heading(len([part for part in numbered[1].split(".") if part]), text, line.number)
        elif text:
            group.append(line)
    writer.block("prose", group)


def _same(title: str, text: str) -> bool:
    title, text = title.casefold(), text.casefold()
    return bool(text) and (title == text or re.sub(r"^[\d.]+\s+", "", text) == re.sub(r"^[\d.]+\s+", "", title))


def _title(reader: Any) -> str:
    try:
        return str((reader.metadata or {}).get("/Title") or "")
    except Exception:  # noqa: BLE001 - a broken entry costs the title, not the text
        return ""


loaders.register("pdf", PdfLoader())
