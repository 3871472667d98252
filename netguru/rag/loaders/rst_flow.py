"""Turns the tree of docutils into blocks of lines, each with its line in the source."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes

from netguru.rag.loaders.rst_names import Command
from netguru.rag.loaders.writer import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.rag.documents import Kind
    from netguru.rag.loaders.writer import Writer

_SILENT = (
    nodes.comment, nodes.substitution_definition, nodes.target, nodes.pending, nodes.raw,
    nodes.decoration, nodes.meta, nodes.transition, nodes.image, nodes.title,
)  # fmt: skip
_CODE = (nodes.literal_block, nodes.doctest_block, nodes.math_block)
_LISTS = (nodes.bullet_list, nodes.enumerated_list, nodes.definition_list, nodes.field_list, nodes.option_list)
_TITLE = re.compile(r"(?:(?P<over>([^\w\s])\2+)\s*\n)?\s*(?P<title>\S.*?)\s*\n(?P<mark>[^\w\s])(?P=mark)+\s*")
_INDENT = "  "
_WORD = re.compile(r"\w+")
# How far from where docutils says a line stands it is looked for.
_NEAR = 6


class Flow:
    """Write the tree of one document."""

    def __init__(self, writer: Writer, lines: list[Line]) -> None:
        self.writer = writer
        self.lines = lines
        self.last = 0
        self.styles: dict[str, int] = {}
        # In this order: a literal block is a text element too.
        self._readers: tuple[tuple[Any, Callable[[Any], list[Line]]], ...] = (
            (_SILENT, lambda _node: []),
            (nodes.system_message, self._unread),
            (Command, self._command),
            (_CODE, self._verbatim),
            (nodes.table, self._table),
            (_LISTS, self._list),
            (nodes.TextElement, self._text),
        )

    def document(self, tree: Any) -> None:
        """Write the whole document."""
        self._section(tree, 0)

    def _section(self, node: Any, level: int) -> None:
        pending: list[Line] = []
        for child in node.children:
            if isinstance(child, Command):
                # Commands in a row share the text below the last of them.
                pending.extend(self._command(child))
                if any(not isinstance(inner, _SILENT) for inner in child.children):
                    self.writer.block("command", pending)
                    pending = []
                continue
            if isinstance(child, _SILENT) and not isinstance(child, nodes.title):
                continue
            if not level and isinstance(child, nodes.field_list):
                # Fields at the top speak of the file (`:orphan:`), not of its subject.
                continue
            self.writer.block("command", pending)
            pending = []
            if isinstance(child, nodes.section):
                self._section(child, level + 1)
            elif isinstance(child, nodes.title):
                self._heading(child.astext(), max(level, 1), (child.line or 2) - 2)
            elif isinstance(child, nodes.system_message):
                self._unread_block(child, level)
            elif isinstance(child, (nodes.Admonition, nodes.compound, nodes.container, nodes.block_quote)) and any(
                isinstance(inner, (*_CODE, Command, nodes.table)) for inner in child.children
            ):
                # Code in a note is a block of its own: it must not be cut.
                self._section_of_parts(child, level)
            else:
                self.writer.block(self._kind(child), self._lines(child))
        self.writer.block("command", pending)

    def _heading(self, text: str, level: int, index: int) -> None:
        number = self._find(text, index)
        if self.last + 1 < len(self.lines):
            self.styles.setdefault(self.lines[self.last + 1].text[:1], level)
        self.writer.heading(level, text, number)

    def _unread_block(self, node: Any, level: int) -> None:
        """Write what docutils could not parse; a heading that it finds out of order is one all the same."""
        lines = self._unread(node)
        match = _TITLE.fullmatch("\n".join(line.text for line in lines))
        if match:
            self.writer.heading(self.styles.get(match["mark"], level + 1), match["title"], lines[0].number)
        else:
            self.writer.block("code", lines)

    def _section_of_parts(self, node: Any, level: int) -> None:
        label = self._label(node)
        if label:
            self.writer.block("prose", [Line(f"{label}:", self._number((node.line or 1) - 1))])
        self._section(node, level)

    @staticmethod
    def _kind(node: Any) -> Kind:
        if isinstance(node, _CODE):
            return "code"
        if isinstance(node, nodes.table):
            return "table"
        return "list" if isinstance(node, _LISTS) else "prose"

    def _lines(self, node: Any) -> list[Line]:
        """Give the lines of a node and everything in it."""
        for kinds, read in self._readers:
            if isinstance(node, kinds):
                return read(node)
        return self._labelled(node)

    def _unread(self, node: Any) -> list[Line]:
        """Give the text of what docutils could not parse, as it stands: it is in the report of the error."""
        return [line for child in node.children if isinstance(child, _CODE) for line in self._verbatim(child)]

    def _labelled(self, node: Any) -> list[Line]:
        label = self._label(node)
        lines = self._joined(node.children)
        if label and lines:
            lines[0] = Line(f"{label}: {lines[0].text}", lines[0].number)
        return lines

    @staticmethod
    def _label(node: Any) -> str:
        title = next((child.astext() for child in node.children if isinstance(child, nodes.title)), "")
        if title:
            return str(title)
        if isinstance(node, (nodes.footnote, nodes.citation)):
            return f"[{node.children[0].astext()}]" if node.children else ""
        return type(node).__name__.capitalize() if isinstance(node, nodes.Admonition) else ""

    def _joined(self, children: list[Any]) -> list[Line]:
        found: list[Line] = []
        for child in children:
            if isinstance(child, nodes.label):
                continue
            lines = self._lines(child)
            if found and lines and not isinstance(child, (nodes.line, nodes.line_block)):
                found.append(Line("", lines[0].number))
            found.extend(lines)
        return found

    def _command(self, node: Any) -> list[Line]:
        signature = [" ".join(part.split()) for part in node["text"].split("\n")]
        first = self._find(signature[0], (node.line or 1) - 1)
        found = [Line(" ".join(signature), first)] if any(signature) else []
        body = self._joined(node.children)
        if body and found:
            found.append(Line("", body[0].number))
        found.extend(Line(_INDENT + line.text if line.text else "", line.number) for line in body)
        return found

    def _text(self, node: Any) -> list[Line]:
        texts = [text for text in node.astext().replace("\x00", "").split("\n") if text.strip()]
        at = (node.line or node.parent.line or self.last + 1) - 1
        found = []
        for text in texts:
            number = self._find(text, at)
            at = self.last + 1
            found.append(Line(" ".join(text.split()), number))
        return found

    def _verbatim(self, node: Any) -> list[Line]:
        texts = node.astext().split("\n")
        first = self._find(texts[0], (node.line or self.last + 1) - 1)
        start = self.last
        found = [Line(text, self._number(start + index), "code") for index, text in enumerate(texts)]
        self.last = start + len(texts) - 1
        return [found[0]._replace(number=first), *found[1:]]

    def _list(self, node: Any) -> list[Line]:
        found: list[Line] = []
        number = int(node.get("start", 1)) if isinstance(node, nodes.enumerated_list) else 1
        for index, item in enumerate(node.children):
            if isinstance(node, nodes.bullet_list):
                found.extend(_hung("- ", self._tight(item.children)))
            elif isinstance(node, nodes.enumerated_list):
                found.extend(_hung(f"{number + index}. ", self._tight(item.children)))
            else:
                found.extend(self._pair(item))
        return found

    def _pair(self, item: Any) -> list[Line]:
        """Give a term and its definition, a field and its body, an option and its description."""
        bodies = (nodes.definition, nodes.field_body, nodes.description)
        terms = " : ".join(child.astext() for child in item.children if not isinstance(child, bodies))
        body = [line for child in item.children if isinstance(child, bodies) for line in self._tight(child.children)]
        at = (item.line or (item.children[0].line if item.children else 0) or self.last + 1) - 1
        number = min(self._find(terms, at), body[0].number if body else 10**9)
        return [Line(" ".join(terms.split()), number), *(line._replace(text=_INDENT + line.text) for line in body)]

    def _tight(self, children: list[Any]) -> list[Line]:
        found: list[Line] = []
        for child in children:
            lines = self._lines(child)
            if found and lines and not isinstance(child, _LISTS):
                found.append(Line("", lines[0].number))
            found.extend(lines)
        return found

    def _table(self, node: Any) -> list[Line]:
        found = [line for child in node.children if isinstance(child, nodes.title) for line in self._text(child)]
        for row in node.findall(nodes.row):
            cells = []
            number = 0
            before = self.last
            for entry in row.children:
                lines = self._joined(entry.children)
                number = number or next((line.number for line in lines), 0)
                cells.append(" ".join(line.text.strip() for line in lines if line.text.strip()))
            if number < self._number(before):
                # The cells of a `csv-table` count their lines from its own start.
                self.last = before
                number = self._find(next(filter(None, cells), ""), before + 1)
            if any(cells):
                found.append(Line(f"| {' | '.join(cells)} |", number))
        return found

    def _number(self, index: int) -> int:
        return self.lines[min(max(index, 0), len(self.lines) - 1)].number if self.lines else 1

    def _find(self, text: str, index: int) -> int:
        """Give the line of the source that a line of text stands in: docutils is now and then off by some."""
        words = _WORD.findall(text)[:4]
        index = min(max(index, 0), max(len(self.lines) - 1, 0))
        if words:
            for step in sorted(range(-_NEAR, _NEAR + 1), key=abs):
                at = index + step
                if 0 <= at < len(self.lines) and self._holds(at, words):
                    self.last = at
                    return self._number(at)
        self.last = index
        return self._number(index)

    def _holds(self, index: int, words: list[str]) -> bool:
        line = self.lines[index].text
        place = 0
        for word in words:
            place = line.find(word, place)
            if place < 0:
                return False
            place += len(word)
        return True


def _hung(sign: str, lines: list[Line]) -> list[Line]:
    pad = " " * len(sign)
    return [
        line._replace(text=(pad if index else sign) + line.text if line.text else "")
        for index, line in enumerate(lines)
    ]
