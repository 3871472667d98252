"""Parameters of an operation, read from its signature and docstring."""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union

from netguru.errors import InputError

_SIMPLE: tuple[type, ...] = (str, int, float, bool, Path)
_INTEGER = re.compile(r"[+-]?\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter: `type` is str, int, float, bool or Path; `choices` closes the set of values.

    `positional` ones have no keyword on a command line; `output` marks a path that is written;
    `pairs` are names with values, on a command line `-p NAME VALUE` or `-p NAME=VALUE`.
    """

    name: str
    type: type
    help: str = ""
    required: bool = False
    positional: bool = False
    default: Any = None
    multiple: bool = False
    pairs: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    annotation: Any = None

    @property
    def output(self) -> bool:
        """Say whether the parameter names something that is written."""
        return self.type is Path and self.name.startswith("out")

    @property
    def option(self) -> str:
        """Give the spelling on a command line."""
        return self.name.upper() if self.positional else "--" + self.name.replace("_", "-")

    def coerce(self, value: Any) -> Any:
        """Bring a value to the parameter's type; raises InputError that names the parameter."""
        if value is None and (self.optional or self.default is None):
            return None
        if self.pairs:
            return [self._pair(item) for item in (value.items() if isinstance(value, Mapping) else value)]
        if self.multiple:
            if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
                value = [value]
            return [self._single(item) for item in value]
        return self._single(value)

    def _pair(self, value: Any) -> tuple[str, str]:
        parts = value.split("=", 1) if isinstance(value, str) else value
        if not isinstance(parts, Sequence) or len(parts) != 2:  # noqa: PLR2004 - a pair
            message = f"{self.option}: {value!r} is not a name with its value"
            raise InputError(message)
        return str(parts[0]), str(parts[1])

    def _single(self, value: Any) -> Any:
        if self.choices:
            if value not in self.choices:
                message = f"{self.option}: {value!r} is not one of {', '.join(self.choices)}"
                raise InputError(message)
            return value
        try:
            return _CONVERT[self.type](value)
        except (TypeError, ValueError):
            message = f"{self.option}: {value!r} is not {_ARTICLE[self.type]}"
            raise InputError(message) from None


def _to_int(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, str) and not _INTEGER.fullmatch(value.strip())):
        raise ValueError(value)
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(value)
    return int(value)


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError(value) from None


def _to_str(value: Any) -> str:
    if not isinstance(value, (str, int, float, Path)) or isinstance(value, bool):
        raise TypeError(value)
    return str(value)


def _to_path(value: Any) -> Path:
    if isinstance(value, Path):
        return value
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError(value)
    return Path(value).expanduser()


_CONVERT: dict[type, Callable[[Any], Any]] = {
    str: _to_str,
    int: _to_int,
    float: float,
    bool: _to_bool,
    Path: _to_path,
}
_ARTICLE: dict[type, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "yes or no",
    Path: "a file or folder",
}


def read_parameters(function: Callable[..., Any], injected: frozenset[str]) -> tuple[Parameter, ...]:
    """Read the parameters of a function; raises TypeError on an annotation that has no face."""
    hints = typing.get_type_hints(function, include_extras=False)
    texts = argument_texts(inspect.getdoc(function) or "")
    return tuple(
        _read(item, hints[item.name], texts.get(item.name, ""))
        for item in inspect.signature(function).parameters.values()
        if item.name not in injected
    )


def _read(item: inspect.Parameter, annotation: Any, text: str) -> Parameter:
    required = item.default is inspect.Parameter.empty
    inner, optional = _strip_none(annotation)
    multiple = typing.get_origin(inner) in (list, tuple)
    if multiple:
        inner = typing.get_args(inner)[0]
    pairs = multiple and inner == tuple[str, str]
    inner = str if pairs else inner
    choices: tuple[str, ...] = ()
    if typing.get_origin(inner) is Literal:
        choices, inner = tuple(typing.get_args(inner)), str
    if inner not in _SIMPLE:
        message = (
            f"parameter {item.name!r} is {annotation!r}: only str, int, float, bool, Path, Literal and lists of them"
        )
        raise TypeError(message)
    return Parameter(
        name=item.name,
        type=inner,
        help=text,
        required=required,
        positional=item.kind is not inspect.Parameter.KEYWORD_ONLY,
        default=None if required else item.default,
        multiple=multiple,
        pairs=pairs,
        optional=optional,
        choices=choices,
        annotation=annotation,
    )


def _strip_none(annotation: Any) -> tuple[Any, bool]:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        rest = [part for part in typing.get_args(annotation) if part is not type(None)]
        if len(rest) == 1:
            return rest[0], True
    return annotation, False


def argument_texts(doc: str) -> dict[str, str]:
    r"""Read the `Args:` section of a docstring.

    >>> argument_texts("Do it.\n\nArgs:\n    file: The capture,\n        of any kind.\n    top: How many.\n")
    {'file': 'The capture, of any kind.', 'top': 'How many.'}
    """
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", doc, re.MULTILINE)
    texts: dict[str, str] = {}
    name = ""
    for line in section[1].splitlines() if section else []:
        start = re.match(r"^    (\w+): (.*)$", line)
        if start:
            name = start[1]
            texts[name] = start[2].strip()
        elif name and line.strip():
            texts[name] += " " + line.strip()
    return texts
