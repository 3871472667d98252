"""Takes the readable text out of HTML: blocks with their lines, without scripts, styles and what surrounds a page."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from netguru import resources
from netguru.rag.loaders.writer import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.documents import Kind

_HEADING = re.compile(r"h([1-6])")
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
    "header hr html legend li main ol p section summary ul tbody thead tfoot".split()
)
_BLANKS = re.compile(r"[ \t\r\f\v]+")


class Piece(NamedTuple):
    """A block of a page."""

    kind: Kind
    level: int
    lines: list[Line]


@cache
def _dropped() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    table = resources.table("rag", "loading.toml")["html"]
    return frozenset(table["dropped"]), frozenset(table["dropped_roles"]), frozenset(table["dropped_classes"])


def plain(fragment: str) -> list[tuple[int, str]]:
    r"""Give the text lines of a fragment of HTML, each with its offset in lines.

    >>> plain("<div>\n<b>Note</b> this<script>x()</script>\n</div>")
    [(1, 'Note this')]
    """
    from lxml import etree, html

    try:
        root = html.fragment_fromstring(fragment, create_parent="div", parser=_parser())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return []
    found: list[tuple[int, str]] = []
    for piece in pieces(root):
        found.extend((max(line.number - 1, 0), line.text) for line in piece.lines)
    return found


def page(data: bytes, encoding: str) -> Any:
    """Parse a page; gives its root element, or None when there is nothing in it. Nothing is fetched or run."""
    from lxml import etree, html

    try:
        return html.document_fromstring(data, parser=_parser(encoding))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def _parser(encoding: str | None = None) -> Any:
    from lxml import html

    return html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)


def pieces(root: Any) -> Iterator[Piece]:
    """Give the blocks below an element in order."""
    walk = _Walk()
    walk.element(root)
    walk.flush()
    return iter(walk.found)


class _Walk:
    """Collect inline text until a block begins or ends."""

    def __init__(self) -> None:
        self.found: list[Piece] = []
        self.lines: list[Line] = []
        self.part = ""
        self.number = 1
        self.prefix = ""

    def element(self, node: Any) -> None:
        tag = node.tag if isinstance(node.tag, str) else ""
        if self._skipped(node, tag):
            return
        # libxml counts the lines of the text; entities and attributes are in it.
        self.number = max(node.sourceline or 0, self.number if not self.part else 0) or self.number
        heading = _HEADING.fullmatch(tag)
        if heading:
            self.flush()
            self._children(node)
            self.flush("heading", int(heading[1]))
        elif tag == "pre":
            self.flush()
            self._verbatim(node)
        elif tag == "table":
            self.flush()
            self._table(node)
        elif tag in {"ul", "ol", "dl"}:
            self._list(node)
        elif tag == "br":
            self._newline()
            self.number -= 1
        elif tag in _BLOCKS:
            self.flush()
            self._children(node)
            self.flush()
        else:
            self._children(node)

    @staticmethod
    def _skipped(node: Any, tag: str) -> bool:
        tags, roles, classes = _dropped()
        if not tag or tag in tags or node.get("role") in roles or node.get("hidden") is not None:
            return True
        return bool(classes.intersection((node.get("class") or "").split()))

    def _children(self, node: Any) -> None:
        self.text(node.text)
        for child in node:
            self.element(child)
            self.text(child.tail)

    def text(self, text: str | None) -> None:
        if not text:
            return
        first, *rest = text.split("\n")
        self.part += _BLANKS.sub(" ", first)
        for line in rest:
            self._newline()
            self.part += _BLANKS.sub(" ", line)

    def _newline(self) -> None:
        part = " ".join(self.part.split())
        if part:
            self.lines.append(Line(self.prefix + part, self.number))
            self.prefix = " " * len(self.prefix)
        self.part = ""
        self.number += 1

    def flush(self, kind: Kind = "prose", level: int = 0) -> None:
        number = self.number
        self._newline()
        self.number = number
        if self.lines:
            self.found.append(Piece(kind, level, self.lines))
        self.lines, self.prefix = [], ""

    def _verbatim(self, node: Any) -> None:
        text = node.text_content()
        offset = text.startswith("\n")
        first = (node.sourceline or self.number) + offset
        lines = [
            Line(line, first + index, "code")
            for index, line in enumerate(text.removeprefix("\n").rstrip("\n").split("\n"))
        ]
        self.found.append(Piece("code", 0, lines))
        self.number = first + len(lines) - 1

    def _list(self, node: Any) -> None:
        """Join the items of a list, and of the lists in it, to one block."""
        self.flush()
        before, self.found = self.found, []
        lines: list[Line] = []
        for index, item in enumerate(node):
            self.element(item)
            self.flush()
            inner = [line for piece in self.found for line in piece.lines]
            self.found = []
            sign = {"ul": "- ", "ol": f"{index + 1}. "}.get(str(node.tag), "  " if item.tag == "dd" else "")
            lines.extend(
                line._replace(text=(" " * len(sign) if at else sign) + line.text) for at, line in enumerate(inner)
            )
        self.found = before
        if lines:
            self.found.append(Piece("list", 0, lines))

    def _table(self, node: Any) -> None:
        rows: list[Line] = []
        for row in node.iter("tr"):
            # The rows of a table in a table are told with the outer one.
            cells = [" ".join(cell.text_content().split()) for cell in row if cell.tag in {"td", "th"}]
            if any(cells):
                rows.append(Line(f"| {' | '.join(cells)} |", row.sourceline or self.number))
        if rows:
            self.found.append(Piece("table", 0, rows))
            self.number = rows[-1].number
