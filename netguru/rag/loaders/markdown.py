"""Reads Markdown (CommonMark, tables, front matter) with the blocks of MkDocs-Material: admonitions, tabs, snippets."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru.rag.loaders import loaders
from netguru.rag.loaders.html_text import plain
from netguru.rag.loaders.markdown_source import front_matter, prepared
from netguru.rag.loaders.source import is_text, limits, named
from netguru.rag.loaders.writer import Line, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from netguru.rag.documents import Document, Kind
    from netguru.rag.loaders.source import Source

_ENOUGH_SIGNS = 3
_SIGNS = re.compile(rb"(?m)^(?:#{1,4} \S|```|\|[ :-]+\||[-*] \[[ x]\])")
_ATTRIBUTES = re.compile(r"\s*\{[:.#][^{}\n]*\}|\{\.[^{}\n]*\}")
_EMOJI = re.compile(r":(?:material|octicons|fontawesome|simple|octicon)-[\w-]+:")
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\)(?:\{[^{}\n]*\})?")
_MARKED = re.compile(r"(\+\+|==|\^\^|~~)(?=\S)(.{1,120}?)(?<=\S)\1")


class MarkdownLoader:
    """Read Markdown."""

    name = "markdown"

    def recognise(self, head: bytes, uri: str) -> float:
        """Go by the name, or by several signs of Markdown in a text of another name."""
        if not is_text(head):
            return 0.0
        if named(self.name, uri):
            return 0.9
        return 0.35 if len(_SIGNS.findall(head)) >= _ENOUGH_SIGNS and not named("rst", uri) else 0.0

    def load(self, source: Source) -> Document:
        """Read the tokens of the parser; each block knows its lines."""
        meta, lines = front_matter(source.text())
        lines = prepared(source, lines)
        tokens = _parser().parse("\n".join(line.text for line in lines))
        depth = limits()["depth"]
        # A list takes two levels.
        if any(token.level >= depth - 2 for token in tokens):
            source.damaged(f"what is nested more than {depth} deep is left out")
        writer = Writer(source)
        for kind, level, block in _Walk(tokens, lines).blocks():
            if kind == "heading":
                writer.heading(level, " ".join(line.text for line in block), block[0].number if block else 1)
            else:
                writer.block(kind, block)
        return writer.document(
            self.name, title=meta.get("title", ""), licence=meta.get("license") or meta.get("licence")
        )


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    options: dict[str, Any] = {"html": True, "maxNesting": limits()["depth"]}
    return MarkdownIt("commonmark", options).enable(["table", "strikethrough"])


class _Walk:
    """Turn the flat tokens into blocks of lines."""

    def __init__(self, tokens: Sequence[Token], lines: list[Line]) -> None:
        self.tokens = tokens
        self.lines = lines
        self.index = 0
        self._readers: dict[str, Callable[[Token], list[Line]]] = {
            "fence": self._code,
            "code_block": self._code,
            "inline": self._inline,
            "html_block": self._html,
            "table_open": self._table,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
        }

    def blocks(self) -> Iterator[tuple[Kind, int, list[Line]]]:
        """Give each block at the outermost level."""
        while self.index < len(self.tokens):
            token = self.tokens[self.index]
            if token.type == "heading_open":
                yield "heading", int(token.tag[1:]), self._inline(self.tokens[self.index + 1])
                self.index += 3
                continue
            kind = _KINDS.get(token.type, "prose")
            # The parts of a quotation are blocks of their own: it may hold headings and code.
            if token.type in {"blockquote_open", "blockquote_close"}:
                self.index += 1
                continue
            yield kind, 0, self._block()

    def _block(self) -> list[Line]:
        """Give the lines of the block at the index and move behind it."""
        token = self.tokens[self.index]
        self.index += 1
        read = self._readers.get(token.type)
        if read:
            return read(token)
        return self._until(token.type.replace("_open", "_close")) if token.nesting == 1 else []

    def _until(self, close: str) -> list[Line]:
        """Collect the blocks up to the closing token, with a blank line between them."""
        found: list[Line] = []
        while self.index < len(self.tokens) and self.tokens[self.index].type != close:
            block = self._block()
            if found and block:
                found.append(Line("", block[0].number))
            found.extend(block)
        self.index += 1
        return found

    def _list(self, token: Token) -> list[Line]:
        found: list[Line] = []
        close = token.type.replace("_open", "_close")
        number = int(token.attrs.get("start", 1) or 1)
        while self.index < len(self.tokens) and self.tokens[self.index].type != close:
            sign = f"{number}. " if token.type.startswith("ordered") else "- "
            self.index += 1
            item = _tight(self._until("list_item_close"))
            pad = " " * len(sign)
            found.extend(
                line._replace(text=(pad if index else sign) + line.text if line.text else "")
                for index, line in enumerate(item)
            )
            number += 1
        self.index += 1
        return found

    def _table(self, _token: Token) -> list[Line]:
        found: list[Line] = []
        cells: list[str] = []
        number = 1
        while self.index < len(self.tokens) and self.tokens[self.index].type != "table_close":
            token = self.tokens[self.index]
            self.index += 1
            if token.type == "tr_open":
                cells, number = [], self._number(token)
            elif token.type == "inline":
                cells.append(" ".join(line.text for line in self._inline(token)))
            elif token.type == "tr_close":
                found.append(Line(f"| {' | '.join(cells)} |", number))
        self.index += 1
        return found

    def _code(self, token: Token) -> list[Line]:
        first = (token.map or [0])[0] + (token.type == "fence")
        texts = token.content.rstrip("\n").split("\n")
        return [Line(text, self._at(first + index), "code") for index, text in enumerate(texts)]

    def _html(self, token: Token) -> list[Line]:
        first = (token.map or [0])[0]
        # Inside HTML the parser reads no Markdown; pages of MkDocs hold some all the same.
        rows = [(offset, _LINK.sub(r"\1", text)) for offset, text in plain(token.content)]
        return [Line(text, self._at(first + offset)) for offset, text in rows]

    def _inline(self, token: Token) -> list[Line]:
        first = (token.map or [0])[0]
        texts = _text_of(token.children or []).split("\n")
        return [Line(text, self._at(first + index)) for index, text in enumerate(texts)]

    def _number(self, token: Token) -> int:
        return self._at((token.map or [0])[0])

    def _at(self, index: int) -> int:
        return self.lines[min(index, len(self.lines) - 1)].number if self.lines else 1


_KINDS: dict[str, Kind] = {
    "fence": "code",
    "code_block": "code",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
}


def _tight(lines: list[Line]) -> list[Line]:
    # The items of a nested list stand right below their paragraph, as they do in the source.
    return [
        line
        for index, line in enumerate(lines)
        if line.text or not (index + 1 < len(lines) and lines[index + 1].text.startswith(("- ", "1. ")))
    ]


def _text_of(children: Sequence[Token]) -> str:
    parts: list[str] = []
    for child in children:
        if child.type in {"text", "code_inline"}:
            text = child.content
            if child.type == "text":
                text = _MARKED.sub(r"\2", _EMOJI.sub("", _ATTRIBUTES.sub("", text)))
            parts.append(text)
        elif child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type == "image":
            parts.append(_text_of(child.children or []))
        elif child.type == "html_inline" and child.content.lower().startswith("<br"):
            parts.append(" ")
        elif child.type == "html_inline" and not _is_tag(child.content):
            # `<interface>` in a text means itself.
            parts.append(child.content)
    return "".join(parts)


_TAG = re.compile(
    r"</?(?:[abipqsu]|br|hr|em|tt|ins|del|sub|sup|img|div|pre|font|code|span|small|strong|center|kbd|mark|"
    r"script|style|iframe|details|summary|table|t[rdh]|ul|ol|li|h[1-6]|figure|figcaption|video|source|!--)"
    r"(?:[\s/>]|$)|<!--",
    re.IGNORECASE,
)


def _is_tag(content: str) -> bool:
    return bool(_TAG.match(content))


loaders.register("markdown", MarkdownLoader())
