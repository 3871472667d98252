"""What surrounds a running operation: the workspace folder, where progress goes, and the cancel token."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from netguru.errors import OperationCancelled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Progress(Protocol):
    """Take the progress of an operation: `done` of `total` (0 when unknown) and what is being done."""

    def __call__(self, done: float, total: float = 0, message: str = "") -> None: ...  # noqa: D102 - the class says it


def _silent(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


class CancelToken:
    """Tell a running operation to stop; the operation asks at places where stopping is safe.

    >>> token = CancelToken()
    >>> token.check()
    >>> token.cancel()
    >>> token.cancelled
    True
    """

    def __init__(self) -> None:
        self._event = Event()

    @property
    def cancelled(self) -> bool:
        """Say whether a stop was asked for."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ask for a stop; asking twice is harmless."""
        self._event.set()

    def check(self) -> None:
        """Raise OperationCancelled when a stop was asked for."""
        if self.cancelled:
            message = "the operation was cancelled"
            raise OperationCancelled(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Hold what an operation may ask for by parameter name.

    `workspace` is the folder chosen by argument or environment, None to look for one. `face`
    names the surface that called.
    """

    workspace: Path | None = None
    progress: Progress = _silent
    cancel: CancelToken = field(default_factory=CancelToken)
    face: str = "python"


_current: ContextVar[Context | None] = ContextVar("netguru_context", default=None)


def context() -> Context:
    """Give the context in force."""
    return _current.get() or Context()


@contextmanager
def use(**changes: Any) -> Iterator[Context]:
    """Run a block under a changed context."""
    token = _current.set(replace(context(), **changes))
    try:
        yield context()
    finally:
        _current.reset(token)
