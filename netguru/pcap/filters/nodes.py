"""The syntax tree of a display filter, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LiteralKind = Literal["word", "string", "char"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field or protocol; `layers` are ranges of layer numbers, empty for all."""

    name: str
    layers: tuple[Range, ...] = ()
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.name + (f"#[{','.join(map(str, self.layers))}]" if self.layers else "")


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal as written; `value` is what a string or character stands for."""

    kind: LiteralKind
    text: str
    value: str
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes (or layers) from `start`: `length` of them, or to `end` inclusive, or all that follow."""

    start: int
    length: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        if self.end is not None:
            return f"{self.start}-{self.end}"
        return f"{self.start}:" if self.length is None else f"{self.start}:{self.length}"


@dataclass(frozen=True, slots=True)
class Slice:
    """Some bytes of a value."""

    of: Operand
    ranges: tuple[Range, ...]
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.of}[{','.join(map(str, self.ranges))}]"


@dataclass(frozen=True, slots=True)
class Call:
    """A function of one field."""

    function: str
    of: Operand
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.function}({self.of})"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * / %` or `&` of two values."""

    operator: str
    left: Operand
    right: Operand
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{{{self.left} {self.operator} {self.right}}}"


Operand = Field | Constant | Slice | Call | Arithmetic


@dataclass(frozen=True, slots=True)
class Exists:
    """The value is there; bits that were masked out of it are not all zero."""

    of: Operand

    def __str__(self) -> str:
        return str(self.of)


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison: `operator` is == != < > <= >= contains or ~; `every` asks for all occurrences."""

    operator: str
    left: Operand
    right: Operand
    every: bool = False
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        written = _STRICT.get((self.operator, self.every))
        if written:
            return f"{self.left} {written} {self.right}"
        return f"{'all ' if self.every else ''}{self.left} {self.operator} {self.right}"


@dataclass(frozen=True, slots=True)
class Member:
    """A value is one of a set, or in one of its ranges."""

    left: Operand
    items: tuple[tuple[Operand, Operand | None], ...]
    every: bool = False

    def __str__(self) -> str:
        items = ", ".join(str(low) if high is None else f"{low} .. {high}" for low, high in self.items)
        return f"{'all ' if self.every else ''}{self.left} in {{{items}}}"


@dataclass(frozen=True, slots=True)
class Not:
    """The packet is not chosen by the expression."""

    of: Expression

    def __str__(self) -> str:
        return f"!({self.of})"


@dataclass(frozen=True, slots=True)
class Logical:
    """`&&`, `||` or `^^` of two or more expressions."""

    operator: str
    items: tuple[Expression, ...]

    def __str__(self) -> str:
        return f" {self.operator} ".join(f"({item})" for item in self.items)


Expression = Exists | Test | Member | Not | Logical

# How equality of all or any occurrences is written; what is not here is said by a word before the test.
_STRICT = {("!=", True): "!=", ("==", True): "===", ("!=", False): "!=="}
