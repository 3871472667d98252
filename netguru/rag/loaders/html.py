"""Reads HTML pages: the main part of a page, its headings, code, lists and tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError
from netguru.rag.loaders import loaders
from netguru.rag.loaders.html_text import page, pieces
from netguru.rag.loaders.source import is_text, named
from netguru.rag.loaders.writer import Writer

if TYPE_CHECKING:
    from netguru.rag.documents import Document
    from netguru.rag.loaders.source import Source

_SIGN = re.compile(rb"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]+)", re.IGNORECASE)


class HtmlLoader:
    """Read HTML."""

    name = "html"

    def recognise(self, head: bytes, uri: str) -> float:
        """Go by the tags at the start, or the name."""
        if not is_text(head):
            return 0.0
        start = head.lstrip()[:1024]
        if _SIGN.search(start) and not named("markdown", uri):
            return 0.95
        return 0.85 if named(self.name, uri) else 0.0

    def load(self, source: Source) -> Document:
        """Read the main part of the page, or all of it when none is marked."""
        root = page(_bytes(source), "utf-8")
        if root is None:
            raise FileRejectedError("holds no HTML that can be read", place=source.uri)
        writer = Writer(source)
        for piece in pieces(_main(root)):
            if piece.kind == "heading":
                writer.heading(piece.level, " ".join(line.text for line in piece.lines), piece.lines[0].number)
            else:
                writer.block(piece.kind, piece.lines)
        titles = root.xpath("//head/title/text()|//svg/preceding::title[1]/text()")
        return writer.document(self.name, title=str(titles[0]) if titles else "", licence=_licence(root))


def _bytes(source: Source) -> bytes:
    """Give the page in UTF-8: the parser is told so, whatever the page says of itself."""
    declared = _CHARSET.search(source.data[:4096])
    if declared:
        try:
            return source.data.decode(declared[1].decode("ascii")).encode("utf-8", "replace")
        except (LookupError, UnicodeError):
            pass
    return source.text().encode("utf-8", "replace")


def _main(root: Any) -> Any:
    for path in ("//main", "//*[@role='main']", "//article", "//body"):
        found = root.xpath(path)
        if len(found) == 1 or (found and path == "//body"):
            return found[0]
    return root


def _licence(root: Any) -> str | None:
    found = root.xpath("//link[@rel='license']/@href|//a[@rel='license']/@href|//meta[@name='license']/@content")
    return str(found[0])[:200] if found else None


loaders.register("html", HtmlLoader())
