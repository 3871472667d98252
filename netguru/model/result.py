"""What every operation returns: a value with a schema name and a plain form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

_presenters: list[Callable[[Result], dict[str, str]]] = []


def present_with(presenter: Callable[[Result], dict[str, str]]) -> None:
    """Set the function that turns a result into its MIME representations (`render` does)."""
    _presenters[:] = [presenter]


def to_plain(value: Any) -> Any:
    """Turn model values, enums, paths, frames and containers into JSON's types.

    Types with a `to_dict` of their own decide themselves; a polars frame becomes its rows.

    >>> to_plain({"a": (1, 2)})
    {'a': [1, 2]}
    """
    if isinstance(value, Enum):
        return str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        # JSON knows no NaN and no infinity.
        return value if isfinite(value) else None
    if hasattr(value, "to_dict"):
        # A frame's own to_dict gives columns; rows are what a reader of JSON wants.
        return [to_plain(row) for row in value.to_dicts()] if hasattr(value, "to_dicts") else value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    return _container(value)


def _container(value: Any) -> Any:
    """Turn a mapping, a collection or a leaf of another library into JSON's types."""
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return [to_plain(item) for item in sorted(value)]
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class Result:
    """Base of everything an operation returns; subclasses are frozen dataclasses.

    `schema` names the JSON document. `primary` names the field that a notebook user most
    likely wants as a table. `quiet` names fields that the JSON form has and a presentation
    leaves out, because another field sums them up.
    """

    __slots__ = ()

    schema: ClassVar[str] = ""
    primary: ClassVar[str] = ""
    quiet: ClassVar[tuple[str, ...]] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form, its schema first."""
        plain: dict[str, Any] = {"schema": self.schema}
        for item in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            plain[item.name] = to_plain(getattr(self, item.name))
        return plain

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show text, Markdown and HTML in a notebook."""
        del include, exclude  # IPython filters by itself
        return _presenters[0](self) if _presenters else {"text/plain": repr(self)}
