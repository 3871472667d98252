"""JSON text with the line of every value, so that a row read from it can be quoted."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from netguru.errors import ParseError

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null', re.DOTALL)
DEPTH = 64
"""Levels of nesting that are read; no device nests deeper, and hostile text may."""


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its first and last line, counted from 0. Members of an object begin at their key."""

    value: Any
    line: int
    end_line: int


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int = 0
    line: int = 0

    def skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        if match is not None and match.end() > self.at:
            self.line += _line_ends(match[0])
            self.at = match.end()

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def expect(self, sign: str) -> None:
        if self.peek() != sign:
            raise self.error(f"{sign!r} expected")
        self.at += 1

    def error(self, what: str) -> ParseError:
        return ParseError(f"not JSON: {what}", line=self.line + 1, text=self.text[self.at : self.at + 40])

    def value(self, depth: int = 0) -> Node:
        sign = self.peek()
        if depth > DEPTH:
            raise self.error("nested too deeply")
        if sign == "{":
            return self.members(depth)
        if sign == "[":
            return self.elements(depth)
        return Node(self.scalar(), self.line, self.line)

    def scalar(self) -> Any:
        self.skip()
        match = _SCALAR.match(self.text, self.at)
        if match is None:
            raise self.error("a value expected")
        self.at = match.end()
        try:
            # strict=False: devices put raw control characters into descriptions.
            return json.loads(match[0], strict=False)
        except ValueError:
            raise self.error("a damaged value") from None

    def members(self, depth: int) -> Node:
        start = self.line
        found: dict[str, Node] = {}
        self.expect("{")
        while self.peek() != "}":
            line = self.line
            key = str(self.scalar())
            self.expect(":")
            inner = self.value(depth + 1)
            found[key] = Node(inner.value, line, inner.end_line)
            if self.peek() == ",":
                self.at += 1
        self.expect("}")
        return Node(found, start, self.line)

    def elements(self, depth: int) -> Node:
        start = self.line
        found: list[Node] = []
        self.expect("[")
        while self.peek() != "]":
            found.append(self.value(depth + 1))
            if self.peek() == ",":
                self.at += 1
        self.expect("]")
        return Node(found, start, self.line)


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def parse(text: str) -> Node:
    r"""Read a JSON text; objects hold nodes by key, lists hold nodes.

    Raises ParseError with the line. Text after the value is left out: vtysh prints several.

    >>> document = parse('{"a":\n [1, 2]}')
    >>> document.value["a"].line, document.value["a"].end_line, document.value["a"].value[1].value
    (0, 1, 2)
    """
    return _Scanner(text).value()
