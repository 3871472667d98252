"""What every operation returns: a value with a schema name and a plain form."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import PurePath
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
    if value is None or isinstance(value, (bool, int, float, str)) and not isinstance(value, Enum):
        return value
    if hasattr(value, "to_dicts"):
        return [to_plain(row) for row in value.to_dicts()]
    if hasattr(value, "to_dict") and not isinstance(value, type):
        return value.to_dict()
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: to_plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(item) for item in (sorted(value) if isinstance(value, (set, frozenset)) else value)]
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


class Result:
    """Base of everything an operation returns; subclasses are frozen dataclasses.

    `schema` names the JSON document. `primary` names the field that a notebook user most
    likely wants as a table.
    """

    __slots__ = ()

    schema: ClassVar[str] = ""
    primary: ClassVar[str] = ""

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
