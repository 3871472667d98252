"""The route table: every route of the interface, with the function that answers and what is documented of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from netguru.jupyter.server.service import Service

F = TypeVar("F", bound="Callable[[Call], Awaitable[Any]]")
MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as a route sees it: who asks, the values of the path, the query and the body."""

    service: Service
    owner: str
    user: Mapping[str, Any]
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def number(self, name: str = "id") -> int:
        """Read a number of the path."""
        return int(self.path[name])

    def count(self, name: str, default: int, most: int = MOST, least: int = 1) -> int:
        """Read a number of the query; raises InputError."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise InputError(f"{name}: {text!r} is not a number from {least} to {most}")
        return int(text)

    def stated_all(self) -> dict[str, Any]:
        """Give the body, a JSON object; raises InputError for another."""
        if not isinstance(self.body, dict):
            raise InputError("the body is no JSON object")
        return self.body

    def stated(self, name: str, kind: type = str, default: Any = None) -> Any:
        """Read a value of the body, a JSON object; raises InputError for another type and where one is missing."""
        value = self.stated_all().get(name, default)
        if value is None and default is None:
            raise InputError(f"{name} is missing")
        if not isinstance(value, kind):
            raise InputError(f"{name} is not of the type {kind.__name__}")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one path; `kind` names the rate limit, `answers` the status of success."""

    method: str
    path: str
    answer: Callable[[Call], Awaitable[Any]]
    summary: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    kind: str = "requests"
    answers: int = 200


ROUTES: dict[tuple[str, str], Route] = {}


def route(
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, str] | None = None,
    kind: str = "requests",
    answers: int = 200,
) -> Callable[[F], F]:
    """Enter a function into the route table; its docstring's first line is the summary."""

    def enter(function: F) -> F:
        summary = (function.__doc__ or "").strip().split("\n", 1)[0]
        ROUTES[path, method] = Route(
            method=method,
            path=path,
            answer=function,
            summary=summary,
            query=query or {},
            body=body or {},
            kind=kind,
            answers=answers,
        )
        return function

    return enter
