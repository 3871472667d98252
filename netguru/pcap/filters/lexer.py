"""Tokens of a display filter (Wireshark 4.0, wireshark-filter(4))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from netguru.pcap.filters.problems import problem

Kind = Literal["word", "string", "char", "operator", "slice", "layer", "end"]

LENGTH_LIMIT = 10_000
"""Characters of a filter: enough for lists of a thousand addresses."""

# A word ends before ".." of a range; hyphens belong to hardware addresses and dates.
_WORD = re.compile(r"(?:[A-Za-z0-9_:\-/]|\.(?!\.)|[^\x00-\x7f])+")
_OPERATOR = re.compile(r"===|!==|==|!=|~=|>=|<=|&&|\|\||\^\^|\.\.|[-><!~&+*/%(){},^]")
_STRING = re.compile(r'[rR]?"(?:[^"\\]|\\.)*"', re.DOTALL)
_CHAR = re.compile(r"'(?:[^'\\]|\\.[^']*)'")
_SLICE = re.compile(r"\[[^\]]*\]")
_LAYER = re.compile(r"#\s*(?:\[[^\]]*\]|-?\d+)")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-7]{1,3})|(.))", re.DOTALL)

_NAMED = {
    "eq": "==", "any_eq": "==", "ne": "!=", "all_ne": "!=", "all_eq": "===", "any_ne": "!==", "gt": ">", "lt": "<",
    "ge": ">=", "le": "<=", "and": "&&", "or": "||", "xor": "^^", "not": "!", "bitwise_and": "&", "matches": "~",
    "contains": "contains", "in": "in", "any": "any", "all": "all",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `text` as written, `value` what it stands for, `position` in characters from 0."""

    kind: Kind
    text: str
    value: str
    position: int


def tokens(text: str) -> list[Token]:
    """Split a filter into tokens, the last of which has kind "end"; raises InputError."""
    if len(text) > LENGTH_LIMIT:
        raise problem(text, 0, f"is longer than {LENGTH_LIMIT} characters")
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        token = _next(text, position, found[-1] if found else None)
        found.append(token)
        position += len(token.text)
    found.append(Token("end", "", "", len(text)))
    return found


def _next(text: str, position: int, before: Token | None) -> Token:
    char = text[position]
    if match := _STRING.match(text, position):
        return Token("string", match[0], string_value(match[0], position), position)
    if char == '"':
        raise problem(text[position:], position, "is a string without its closing quotation mark")
    if char == "'":
        return _char(text, position)
    if char == "[" and (match := _SLICE.match(text, position)):
        return Token("slice", match[0], match[0][1:-1], position)
    if char == "#" and (match := _LAYER.match(text, position)):
        return Token("layer", match[0], match[0][1:].strip().strip("[]"), position)
    operand = before is not None and (
        before.kind in {"word", "string", "char", "slice", "layer"} or before.text in ")}"
    )
    sign = char == "-" or (char == "/" and operand)
    if not sign and (match := _WORD.match(text, position)):
        named = _NAMED.get(match[0])
        return Token("operator" if named else "word", match[0], named or match[0], position)
    if match := _OPERATOR.match(text, position):
        value = "!==" if match[0] == "~=" else match[0]
        return Token("operator", match[0], value, position)
    raise problem(char, position, "is not expected here")


def _char(text: str, position: int) -> Token:
    match = _CHAR.match(text, position)
    if not match:
        raise problem(text[position:], position, "is a character without its closing quotation mark")
    value = _unescape(match[0][1:-1], match[0], position)
    if len(value) != 1 or ord(value) > 0xFF:  # noqa: PLR2004 - one byte
        raise problem(match[0], position, "is not one byte")
    return Token("char", match[0], value, position)


def string_value(written: str, position: int) -> str:
    r"""Give what a string literal stands for; raw strings keep their backslashes.

    >>> string_value('"a\\x41\\n"', 0), string_value('r"a\\d"', 0)
    ('aA\n', 'a\\d')
    """
    if written[0] in "rR":
        return written[2:-1]
    return _unescape(written[1:-1], written, position)


def _unescape(inside: str, written: str, position: int) -> str:
    def one(match: re.Match[str]) -> str:
        digits = match[1] or match[2] or match[3]
        if digits or match[4]:
            code = int(digits, 16) if digits else int(match[4], 8)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - what Unicode has
                raise problem(match[0], position, "is not a character")
            return chr(code)
        if match[5] in _ESCAPES:
            return _ESCAPES[match[5]]
        if match[5] in "'\"\\":
            return match[5]
        raise problem(match[0], position + written.find(match[0]), "is not a known escape sequence")

    return _ESCAPE.sub(one, inside)
