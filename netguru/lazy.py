"""Public names of a room that are loaded on first use: a command pays for what it uses alone."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazily(package: str, where: Mapping[str, str]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Make `__getattr__` and `__dir__` of a package (PEP 562).

    `where` holds public name -> module below the package; `module:other` where the module calls it otherwise.

        __getattr__, __dir__ = lazily(__name__, {"parse": "operations", "list": "operations:list_all"})
    """

    def get(name: str) -> Any:
        home = where.get(name)
        if home is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, other = home.partition(":")
        return getattr(import_module(f"{package}.{module}"), other or name)

    def names() -> list[str]:
        return sorted(where)

    return get, names
