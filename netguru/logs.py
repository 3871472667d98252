"""Structured logging: one event, its values, to stderr; set up once by the program that runs."""

from __future__ import annotations

import logging
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from structlog.stdlib import BoundLogger


def setup(level: str = "warning", format: Literal["console", "json"] = "console") -> None:  # noqa: A002 - the setting's name
    """Send events at or above a level to stderr; a library user who does not call it keeps his own logging."""
    import structlog

    renderer: Any = (
        structlog.processors.JSONRenderer() if format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


@cache
def _quiet_by_default() -> None:
    import structlog

    if not structlog.is_configured():
        setup()


def logger(name: str) -> BoundLogger:
    """Give the logger of a module; events are `subject.verb` with values as keywords."""
    import structlog

    _quiet_by_default()
    made: BoundLogger = structlog.get_logger(name)
    return made


def bound(**values: Any) -> AbstractContextManager[None]:
    """Add values to every event that a block logs, whoever logs it (the operation that runs, its job)."""
    import structlog

    return structlog.contextvars.bound_contextvars(**values)
