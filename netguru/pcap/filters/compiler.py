"""From the syntax tree to a plan: tests on tables, the cheap ones first."""

from __future__ import annotations

import operator as python
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.filters import fields, values
from netguru.pcap.filters.literals import TYPE_NAMES, Span, literal
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
    Slice,
    Test,
)
from netguru.pcap.filters.problems import problem
from netguru.pcap.filters.sources import COLUMNAR, VALUE
from netguru.pcap.filters.values import BYTE_LIKE, NUMERIC, Pairs, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.errors import InputError
    from netguru.pcap.filters.sources import Source

_COMPARE: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "==": python.eq, "!=": python.ne, "<": python.lt, "<=": python.le, ">": python.gt, ">=": python.ge,
}  # fmt: skip
_ARITHMETIC: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "+": python.add, "-": python.sub, "*": python.mul, "/": python.floordiv, "%": python.mod, "&": python.and_,
}  # fmt: skip
_SLICED = (*BYTE_LIKE, "string", "mac", "ipv4", "ipv6")
_WHOLE_NUMBERS = ("uint", "int")


@dataclass(frozen=True, slots=True)
class Hit:
    """A test of the occurrences in a source: each expression is true, false, or null without a value."""

    source: Source
    expressions: tuple[pl.Expr, ...]
    every: bool = False

    @property
    def cost(self) -> int:
        """Give the cost of the source."""
        return self.source.cost


@dataclass(frozen=True, slots=True)
class Combined:
    """Plans combined by `&&`, `||` or `^^`; or one plan turned round by `!`."""

    operator: str
    parts: tuple[Plan, ...]

    @property
    def cost(self) -> int:
        """Give the cost of the dearest part."""
        return max(part.cost for part in self.parts)


Plan = Hit | Combined


def compile_filter(expression: Expression) -> Plan:
    """Compile an expression; raises InputError where types do not fit."""
    if isinstance(expression, Logical):
        parts = sorted((compile_filter(item) for item in expression.items), key=lambda part: part.cost)
        return Combined(expression.operator, tuple(parts))
    if isinstance(expression, Not):
        return Combined("!", (compile_filter(expression.of),))
    if isinstance(expression, Exists):
        return _exists(expression)
    if isinstance(expression, Member):
        return _member(expression)
    return _test(expression)


def _wrong(operand: Operand, message: str) -> InputError:
    """Make the error of an operand, which begins where its first field or value stands."""
    first = operand
    while not isinstance(first, Field | Constant):
        first = first.left if isinstance(first, Arithmetic) else first.of
    return problem(str(operand), first.position, message)


def _exists(expression: Exists) -> Hit:
    of = expression.of
    if isinstance(of, Field) and fields.find(of.name).type == fields.PROTOCOL and not of.layers:
        source, present = fields.presence(of.name)
        return Hit(source, tuple(item.is_not_null() for item in present))
    value = _slice(of, compared=False) if isinstance(of, Slice) else _operand(of)
    if value.masked and value.type == "bytes":
        zeros = value.each(lambda item: item.bin.encode("hex").str.contains("[^0]"))
        return Hit(zeros.source, zeros.expressions)
    if value.masked:
        return Hit(value.source, tuple(item != 0 for item in value.expressions))
    return Hit(value.source, tuple(item.is_not_null() for item in value.expressions))


def _operand(node: Operand) -> Value:
    if isinstance(node, Field):
        return _field(node)
    if isinstance(node, Slice):
        return _slice(node)
    if isinstance(node, Call):
        return _call(node)
    if isinstance(node, Arithmetic):
        return _arithmetic(node)
    raise problem(node.text, node.position, "is a value where a field should stand")


def _field(node: Field) -> Value:
    value = values.field_value(node.name)
    if value.type == fields.PROTOCOL and not value.expressions:
        # The bytes of most protocols are not kept apart: they can be looked for, not looked at.
        source, present = fields.presence(node.name)
        value = replace(value, type="none", source=source, expressions=present)
    if not node.layers:
        return value
    if value.source.cost != COLUMNAR:
        raise problem(node.name, node.position, "cannot be taken by layer (#)")
    return values.layered(value, node.layers)


def _slice(node: Slice, *, compared: bool = True) -> Value:
    value = _operand(node.of)
    if value.type not in _SLICED:
        kind = TYPE_NAMES.get(value.type, "no bytes")
        raise _wrong(node.of, f"is {kind}, which cannot be sliced")
    return values.sliced(value, node.ranges, compared=compared)


def _call(node: Call) -> Value:
    value = _operand(node.of)
    kind = value.type
    if node.function == "count":
        return Value("uint", values.Counted(value), (pl.col(VALUE),))
    if node.function == "len":
        if kind in _SLICED:
            return values.header_bytes(value).each(lambda item: item.bin.size().cast(pl.Int64), "uint")
        raise _wrong(node.of, "has no length: len() is for strings, bytes and addresses")
    if node.function in {"lower", "upper"}:
        if kind != "string":
            raise _wrong(node.of, f"is not a string, which {node.function}() needs")
        return value.each(lambda item: item.str.to_lowercase() if node.function == "lower" else item.str.to_uppercase())
    if node.function == "abs":
        if kind not in NUMERIC:
            raise _wrong(node.of, "is not a number, which abs() needs")
        return value.each(lambda item: item.abs())
    if kind in {"string", "none", *BYTE_LIKE, "time", "seconds"}:
        raise _wrong(node.of, "cannot be made a string by string()")
    return values.as_text(value)


def _arithmetic(node: Arithmetic) -> Value:
    if isinstance(node.left, Constant) and isinstance(node.right, Constant):
        raise problem(node.left.text, node.left.position, "is a value where a field should stand")
    constant_first = isinstance(node.left, Constant)
    value = _operand(node.right if constant_first else node.left)
    other = node.left if constant_first else node.right
    allowed = {*_WHOLE_NUMBERS, "ipv4", "bytes", "mac"} if node.operator == "&" else set(NUMERIC)
    _check_arithmetic(node, value, allowed)
    apply = _ARITHMETIC[node.operator]
    masked = node.operator == "&"
    if isinstance(other, Constant):
        if value.type == "bytes":
            return _byte_mask(value, other)
        with_ = literal(other, value.type).low
        if node.operator in "/%" and not constant_first and with_ == 0:
            raise problem(other.text, other.position, "is a division by zero")

        def change(item: pl.Expr) -> pl.Expr:
            constant = pl.lit(with_)
            if constant_first:
                return apply(constant, pl.when(item != 0).then(item) if node.operator in "/%" else item)
            return apply(item, constant)

        return replace(value.each(change), masked=masked)
    right = _operand(other)
    _check_arithmetic(node, right, {value.type, *(_WHOLE_NUMBERS if value.type in _WHOLE_NUMBERS else ())})
    second = pl.col("right")
    if node.operator in "/%":
        second = pl.when(second != 0).then(second)
    return Value(value.type, Pairs(value, right), (apply(pl.col("left"), second),), masked)


def _check_arithmetic(node: Arithmetic, value: Value, allowed: set[str]) -> None:
    if value.type not in allowed or (value.type == "bytes" and node.operator != "&"):
        raise problem(node.operator, node.position, f"cannot be used with {TYPE_NAMES.get(value.type, 'this field')}")


def _byte_mask(value: Value, constant: Constant) -> Value:
    mask = literal(constant, "bytes").low
    assert isinstance(mask, bytes)  # noqa: S101 - the reader of byte strings gives bytes

    def convert(series: pl.Series) -> pl.Series:
        masked = [
            None if item is None or len(item) != len(mask) else bytes(a & b for a, b in zip(item, mask, strict=True))
            for item in series
        ]
        return pl.Series(series.name, masked, pl.Binary)

    return replace(value.each(lambda item: item.map_batches(convert, return_dtype=pl.Binary)), masked=True)


def _test(node: Test) -> Hit:
    if node.operator in {"contains", "~"}:
        return _search(node)
    left = _comparable(node.left)
    if isinstance(node.right, Constant):
        span = literal(node.right, left.type)
        return Hit(
            left.source, tuple(compare(item, node.operator, span, left.type) for item in left.expressions), node.every
        )
    right = _comparable(node.right)
    if left.type != right.type and not {left.type, right.type} <= {"uint", "int", "bool"}:
        if not {left.type, right.type} <= {"bytes", "protocol", "string"}:
            raise _wrong(node.right, f"is not {TYPE_NAMES[left.type]}")
        left, right = values.as_bytes(left), values.as_bytes(right)
    if left.type == "ipv6":
        left, right = values.as_bytes(left), values.as_bytes(right)
    hit = _COMPARE[node.operator](pl.col("left"), pl.col("right"))
    return Hit(Pairs(left, right), (hit,), node.every)


def _comparable(operand: Operand) -> Value:
    value = _operand(operand)
    if value.type == "none":
        raise _wrong(operand, "has no value to compare; it is there or not")
    return values.header_bytes(value) if value.type == "protocol" else value


def compare(item: pl.Expr, operator: str, span: Span, kind: str) -> pl.Expr:
    """Compare an occurrence with a literal; a network is one value of many addresses."""
    if kind == "ipv6":
        return _compare_ipv6(item, operator, span)
    low, high = pl.lit(span.low), pl.lit(span.high)
    if kind == "bool":
        return _COMPARE[operator](item.cast(pl.Int64), low)
    if kind == "bytes" and isinstance(span.low, bytes) and operator in {"<", "<=", ">", ">="}:
        return _compare_bytes(item, operator, span.low)
    if span.low == span.high:
        return _COMPARE[operator](item, low)
    return {
        "==": (item >= low) & (item <= high),
        "!=": (item < low) | (item > high),
        "<": item < low,
        "<=": item <= high,
        ">": item > high,
        ">=": item >= low,
    }[operator]


def _compare_bytes(item: pl.Expr, operator: str, data: bytes) -> pl.Expr:
    """Order bytes as Wireshark does: by length, then by their values."""
    size = item.bin.size().cast(pl.Int64)
    same = (size == len(data)) & _COMPARE[operator](item, pl.lit(data))
    return same | _COMPARE[operator[0]](size, pl.lit(len(data)))


def _compare_ipv6(item: pl.Expr, operator: str, span: Span) -> pl.Expr:
    hi, lo = item.struct.field("hi"), item.struct.field("lo")

    def at_least(value: int) -> pl.Expr:
        upper, lower = pl.lit(value >> 64, pl.UInt64), pl.lit(value & (1 << 64) - 1, pl.UInt64)
        return (hi > upper) | ((hi == upper) & (lo >= lower))

    low, high = int(span.low), int(span.high)
    from_low = at_least(low)
    beyond = at_least(high + 1) if high + 1 < 1 << 128 else hi.is_null() & hi.is_not_null()
    beyond = pl.when(hi.is_not_null()).then(beyond)
    return {
        "==": from_low & ~beyond,
        "!=": ~from_low | beyond,
        "<": ~from_low,
        "<=": ~beyond,
        ">": beyond,
        ">=": from_low,
    }[operator]


def _member(node: Member) -> Hit:
    value = _operand(node.left)
    if value.type == "none":
        raise _wrong(node.left, "has no value to compare; it is there or not")
    if value.type == "protocol":
        value = values.header_bytes(value)
    spans = []
    for low, high in node.items:
        if not isinstance(low, Constant) or not (high is None or isinstance(high, Constant)):
            raise _wrong(low, "is not a value, which the items of a set must be")
        first = literal(low, value.type)
        spans.append(first if high is None else Span(first.low, literal(high, value.type).high))

    def inside(item: pl.Expr) -> pl.Expr:
        exact = [span.low for span in spans if span.low == span.high]
        tests = [
            compare(item, ">=", Span(one.low, one.low), value.type)
            & compare(item, "<=", Span(one.high, one.high), value.type)
            for one in spans
            if one.low != one.high
        ]
        if value.type in {"ipv6", "bool"}:
            tests += [compare(item, "==", Span(one, one), value.type) for one in exact]
        elif exact:
            tests.append(item.is_in(exact))
        return pl.when(_there(item, value.type)).then(pl.any_horizontal(tests))

    return Hit(value.source, tuple(inside(item) for item in value.expressions), node.every)


def _there(item: pl.Expr, kind: str) -> pl.Expr:
    return item.struct.field("hi").is_not_null() if kind == "ipv6" else item.is_not_null()


def _search(node: Test) -> Hit:
    value = _operand(node.left)
    right = node.right
    if value.type not in {*BYTE_LIKE, "string", "mac"}:
        raise problem(
            str(node.left), node.position, f'cannot be searched with "{node.operator}": it is no string and no bytes'
        )
    if not isinstance(right, Constant):
        raise _wrong(right, f'is not a value, which "{node.operator}" needs')
    if node.operator == "~":
        return _matches(value, right, node)
    if value.type == "string":
        text = right.value
        return Hit(value.source, tuple(item.str.contains(text, literal=True) for item in value.expressions), node.every)
    data = pl.lit(literal(right, "bytes").low)
    value = values.as_bytes(value)
    return Hit(value.source, tuple(item.bin.contains(data) for item in value.expressions), node.every)


def _matches(value: Value, pattern: Constant, node: Test) -> Hit:
    if pattern.kind != "string":
        raise problem(pattern.text, pattern.position, "is not a quoted string, which a regular expression must be")
    expression = f"(?i){pattern.value}"
    try:
        pl.Series([""]).str.contains(expression)
    except pl.exceptions.PolarsError:
        hint = "looking ahead or behind and back references are not supported"
        raise problem(pattern.text, pattern.position, "is not a regular expression", hint) from None
    if value.type != "string":
        value = values.as_latin(values.as_bytes(value))
    return Hit(value.source, tuple(item.str.contains(expression) for item in value.expressions), node.every)
