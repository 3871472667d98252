"""From the text of a display filter to its syntax tree (grammar of Wireshark 4.0)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.pcap.filters.lexer import Token, tokens
from netguru.pcap.filters.nodes import (
    Arithmetic,
    Call,
    Constant,
    Exists,
    Expression,
    Field,
    Logical,
    Member,
    Not,
    Operand,
    Range,
    Slice,
    Test,
)
from netguru.pcap.filters.problems import problem, unknown_field

if TYPE_CHECKING:
    from collections.abc import Collection

FUNCTIONS = ("len", "count", "lower", "upper", "string", "abs")
DEPTH_LIMIT = 40

_RELATIONS = ("==", "!=", "===", "!==", ">", "<", ">=", "<=", "contains", "~")
_STRICT = {"!=": ("!=", True), "===": ("==", True), "!==": ("!=", False)}
_LEVELS = ("||", "^^", "&&")
_SUMS = (("&",), ("+", "-"), ("*", "/", "%"))
_RANGE = re.compile(r"(-?\d+)?(?:([:-])(-?\d+)?)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*(\.[A-Za-z0-9_\-]+)*")
_ANY_LENGTH = 1_000_000


def parse(text: str, known: Collection[str]) -> Expression:
    """Parse a filter; `known` are the names of fields and protocols. Raises InputError.

    >>> str(parse("tcp.port == 80 and not ip", {"tcp.port", "ip"}))
    '(tcp.port == 80) && (!(ip))'
    """
    return _Parser(tokens(text), known).whole()


class _Parser:
    def __init__(self, found: list[Token], known: Collection[str]) -> None:
        self._tokens = found
        self._known = known
        self._place = 0
        self._depth = 0

    @property
    def _now(self) -> Token:
        return self._tokens[self._place]

    def _is(self, *operators: str) -> bool:
        return self._now.kind == "operator" and self._now.value in operators

    def _take(self) -> Token:
        token = self._now
        self._place += 1
        return token

    def _expect(self, operator: str, why: str) -> None:
        if not self._is(operator):
            raise problem(self._now.text, self._now.position, f'is where "{operator}" {why}')
        self._take()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH_LIMIT:
            raise problem(self._now.text, self._now.position, f"is nested more than {DEPTH_LIMIT} levels deep")

    def whole(self) -> Expression:
        if len(self._tokens) == 1:
            raise problem("", 0, "comes at once: the filter is empty")
        expression = self._logical(0)
        rest = self._tokens[self._place]
        if rest.kind != "end":
            raise problem(rest.text, rest.position, "is not expected after a complete expression")
        return expression

    def _logical(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        items = [self._logical(level + 1)]
        while self._is(_LEVELS[level]):
            self._take()
            items.append(self._logical(level + 1))
        return items[0] if len(items) == 1 else Logical(_LEVELS[level], tuple(items))

    def _unary(self) -> Expression:
        if self._is("!"):
            self._take()
            self._deeper()
            inside = self._unary()
            self._depth -= 1
            return Not(inside)
        if self._is("("):
            self._take()
            self._deeper()
            expression = self._logical(0)
            self._expect(")", "should close the parenthesis")
            self._depth -= 1
            return expression
        return self._relation()

    def _relation(self) -> Expression:
        quantifier = self._take().value if self._is("any", "all") else ""
        left = self._operand(0)
        tests: list[Expression] = []
        while self._is(*_RELATIONS, "in", "!"):
            token = self._take()
            self._left_side(left)
            if token.value in {"in", "!"}:
                return self._member(left, token, quantifier)
            operator, every = _STRICT.get(token.value, (token.value, False))
            every = quantifier == "all" if quantifier else every
            right = self._operand(0)
            tests.append(Test(operator, left, right, every, token.position))
            left = right
        if tests:
            return tests[0] if len(tests) == 1 else Logical("&&", tuple(tests))
        if quantifier:
            raise problem(self._now.text, self._now.position, f'is where a comparison should follow "{quantifier}"')
        self._left_side(left)
        return Exists(left)

    def _left_side(self, operand: Operand) -> None:
        if not isinstance(operand, Constant):
            return
        if operand.kind == "word" and _NAME.fullmatch(operand.text):
            raise unknown_field(operand.text, operand.position, self._known)
        raise problem(operand.text, operand.position, "is a value where a field should stand")

    def _member(self, left: Operand, token: Token, quantifier: str) -> Expression:
        if token.value == "!":
            self._expect("in", "should follow")
        self._expect("{", "should open the set")
        items: list[tuple[Operand, Operand | None]] = []
        while True:
            low = self._operand(0)
            high = None
            if self._is(".."):
                self._take()
                high = self._operand(0)
            items.append((low, high))
            if not self._is(","):
                break
            self._take()
        self._expect("}", "should close the set")
        member = Member(left, tuple(items), quantifier == "all")
        return Not(member) if token.value == "!" else member

    def _operand(self, level: int) -> Operand:
        if level == len(_SUMS):
            return self._postfix(self._primary())
        left = self._operand(level + 1)
        while self._is(*_SUMS[level]):
            token = self._take()
            right = self._operand(level + 1)
            left = Arithmetic(token.value, left, right, token.position)
        return left

    def _primary(self) -> Operand:
        token = self._now
        if self._is("-", "+"):
            return self._signed()
        if self._is("{"):
            self._take()
            self._deeper()
            inside = self._operand(0)
            self._expect("}", "should close the group")
            self._depth -= 1
            return inside
        if token.kind == "end":
            raise problem("", token.position, "comes where a field or a value should stand")
        if token.kind not in {"word", "string", "char"}:
            raise problem(token.text, token.position, "is not expected where a field or a value should stand")
        self._take()
        if token.kind == "word" and self._is("(") and _NAME.fullmatch(token.text):
            return self._call(token)
        return self._name_or_constant(token)

    def _name_or_constant(self, token: Token) -> Operand:
        if token.kind == "word" and token.text in self._known:
            layers: tuple[Range, ...] = ()
            if self._now.kind == "layer":
                layers = _ranges(self._take())
            return Field(token.text, layers, token.position)
        if self._now.kind == "layer":
            raise unknown_field(token.text, token.position, self._known)
        if token.kind == "word":
            return Constant("word", token.text, token.text, token.position)
        return Constant("string" if token.kind == "string" else "char", token.text, token.value, token.position)

    def _signed(self) -> Operand:
        sign = self._take()
        number = self._now
        if number.kind != "word" or not number.text[0].isdigit():
            raise problem(sign.text, sign.position, "should stand before a number")
        self._take()
        text = ("-" if sign.text == "-" else "") + number.text
        return Constant("word", text, text, sign.position)

    def _call(self, token: Token) -> Operand:
        if token.text not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            raise problem(token.text, token.position, f"is not a function; known are {known}")
        self._take()
        self._deeper()
        inside = self._operand(0)
        self._expect(")", f"should end the arguments of {token.text}()")
        self._depth -= 1
        if isinstance(inside, Constant):
            self._left_side(inside)
        return Call(token.text, inside, token.position)

    def _postfix(self, operand: Operand) -> Operand:
        while self._now.kind == "slice":
            token = self._take()
            if isinstance(operand, Constant):
                self._left_side(operand)
            operand = Slice(operand, _ranges(token), token.position)
        return operand


def _ranges(token: Token) -> tuple[Range, ...]:
    return tuple(_range(part.strip(), token) for part in token.value.split(","))


def _range(part: str, token: Token) -> Range:
    match = _RANGE.fullmatch(part.replace(" ", ""))
    if not match or not part or part in ":-":
        raise problem(token.text, token.position, "is not a range: write [i], [i:length], [i-j], [:length] or [i:]")
    first, mark, second = match.groups()
    if mark is None:
        return Range(_small(first, token), 1)
    if mark == ":":
        length = None if second is None else _small(second, token)
        if length is not None and length < 1:
            raise problem(token.text, token.position, "has a length below 1")
        return Range(_small(first or "0", token), length)
    if first is None or second is None:
        raise problem(token.text, token.position, "lacks one end of its range")
    return Range(_small(first, token), None, _small(second, token))


def _small(digits: str, token: Token) -> int:
    if len(digits) > len(str(_ANY_LENGTH)) or abs(int(digits)) > _ANY_LENGTH:
        raise problem(token.text, token.position, "is beyond the end of every packet")
    return int(digits)
