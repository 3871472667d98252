"""Structured logging: one event, its values, to stderr; set up once by the program that runs."""

from __future__ import annotations

import logging
import re
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping
    from contextlib import AbstractContextManager

    from structlog.stdlib import BoundLogger

# user:password@ of a URL (RFC 3986 section 3.2.1), up to the last @: passwords are not always escaped.
_PASSWORD = re.compile(r"""(?P<start>\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*):[^\s"'<>]*@""")


def setup(
    level: str = "warning",
    format: Literal["console", "json"] = "console",  # noqa: A002 - the setting's name
    *,
    hide: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
) -> None:
    """Send events at or above a level to stderr; a library user who does not call it keeps his own logging.

    Passwords in URLs are always hidden; `hide` hides whatever else an event must not show, text by text (a program
    gives `netguru.redact.logged.hide`, which this module may not know). Raises InputError for a level that does not
    exist.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise InputError(f"log level {level!r} is not one of debug, info, warning, error")
    # Most commands log nothing: the library is loaded for the first event.
    _pending.append((number, format, hide))
    if "structlog" in sys.modules:
        _configure()


_pending: list[tuple[int, str, Callable[[dict[str, Any]], dict[str, Any]] | None]] = []


def _configure() -> None:
    """Do what the last `setup` asked for."""
    import structlog

    if not _pending:
        return
    number, form, hide = _pending[-1]
    _pending.clear()
    renderer: Any = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            *([lambda _logger, _method, event: hide(dict(event))] if hide else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to_stderr,
        cache_logger_on_first_use=False,
    )


def redact(text: str) -> str:
    """Hide the passwords of URLs in a text.

    >>> redact("no answer from postgresql://netguru:s3c/ret@db:5432/x, mail a:b@c")
    'no answer from postgresql://netguru:***@db:5432/x, mail a:b@c'
    """
    return _PASSWORD.sub(r"\g<start>:***@", text)


def _redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_redacted(item) for item in value]
    # Other things are shown by their text; it may quote a URL as well.
    return value if value is None or isinstance(value, (bool, int, float)) else redact(str(value))


def _to_stderr(*_: Any) -> Any:
    import structlog

    # Looked up each time: a notebook or a test puts another stream there.
    return structlog.PrintLogger(sys.stderr)


@cache
def _quiet_by_default() -> None:
    import structlog

    if not structlog.is_configured():
        # structlog is loaded here: it is configured at once.
        setup()


def logger(name: str) -> BoundLogger:
    """Give the logger of a module; events are `subject.verb` with values as keywords."""
    import structlog

    _configure()
    _quiet_by_default()
    made: BoundLogger = structlog.get_logger(name)
    return made


def bound(**values: Any) -> AbstractContextManager[None]:
    """Add values to every event that a block logs, whoever logs it (the operation that runs, its job)."""
    import structlog

    return structlog.contextvars.bound_contextvars(**values)
