"""The error tree: every error says what happened, where, and what to do.

NetGuruError                  message, hint, place
├─ InputError (ValueError)    the caller can fix it
│  ├─ UnknownNameError        a name that is not there, with the nearest ones
│  ├─ FileRejectedError       missing, unreadable, empty, too large, of the wrong kind
│  └─ DamagedFileError        carries what could be read
├─ ParseError                 carries line and text
├─ ServiceError               carries retry_after
│  ├─ KeyMissingError
│  ├─ RateLimitedError
│  └─ ServiceDownError
├─ OperationCancelled
├─ MissingExtraError (ImportError)   names the one install command
└─ PluginError                who, which entry point, what it raised
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class NetGuruError(Exception):
    """The root of all errors that NetGuru raises on purpose."""

    def __init__(self, message: str, *, hint: str = "", place: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.place = place

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        advice = f" ({self.hint})" if self.hint else ""
        # One error is one line, whatever a file name or a library put into it.
        return " ".join(f"{where}{self.message}{advice}".split())

    def _render_traceback_(self) -> list[str]:
        """Show the one line in a notebook (IPython's hook): where we raised it helps nobody."""
        return [f"{type(self).__name__}: {self}"]


class InputError(NetGuruError, ValueError):
    """Something that the caller can correct."""


class UnknownNameError(InputError):
    """A name that does not exist; the message offers the nearest ones."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, n=3)
        if near:
            hint = f"did you mean {' or '.join(near)}?"
        else:
            hint = f"known: {', '.join(names[:20])}" if names else f"no {kind} is registered"
        super().__init__(f"unknown {kind} {name!r}", hint=hint)
        self.name = name


class FileRejectedError(InputError):
    """A file that cannot be taken: missing, unreadable, empty, too large or of the wrong kind."""


class DamagedFileError(InputError):
    """A file that breaks off; `readable` holds what could still be read."""

    def __init__(self, message: str, *, readable: object = None, hint: str = "", place: str = "") -> None:
        super().__init__(message, hint=hint, place=place)
        self.readable = readable


class ParseError(NetGuruError):
    """Text that does not follow its grammar, with the line where it departs."""

    def __init__(self, message: str, *, line: int = 0, text: str = "", hint: str = "", place: str = "") -> None:
        super().__init__(message, hint=hint, place=place or (f"line {line}" if line else ""))
        self.line = line
        self.text = text


class ServiceError(NetGuruError):
    """A service outside this process that failed."""

    def __init__(self, message: str, *, retry_after: float | None = None, hint: str = "", place: str = "") -> None:
        super().__init__(message, hint=hint, place=place)
        self.retry_after = retry_after


class KeyMissingError(ServiceError):
    """A service that needs a key, and none is set."""


class RateLimitedError(ServiceError):
    """A service, or our own limit, that asks to wait."""


class ServiceDownError(ServiceError):
    """A service that does not answer."""


class OperationCancelled(NetGuruError):  # noqa: N818 - a cancel is an outcome, named like asyncio's
    """The user stopped the operation."""


class MissingExtraError(NetGuruError, ImportError):
    """An optional part that is not installed."""

    def __init__(self, what: str, command: str) -> None:
        super().__init__(f"{what} is not installed", hint=f"install it with: {command}")


class PluginError(NetGuruError):
    """A third party's entry point that failed to load."""

    def __init__(self, plugin: str, entry_point: str, cause: BaseException) -> None:
        super().__init__(f"plugin {plugin!r} ({entry_point}) failed: {type(cause).__name__}: {cause}")
        self.plugin = plugin
        self.entry_point = entry_point
        self.cause = cause
