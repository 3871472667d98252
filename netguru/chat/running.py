"""Running an operation inside a turn: in a thread, with its progress told and a cancel heard."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.chat.events import Tool
from netguru.operations.operation import find

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from netguru.chat.events import TurnContext

_LOOK_S = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """The result of an operation that ran."""

    result: Any


async def run(call: str, name: str, arguments: Mapping[str, Any], context: TurnContext) -> AsyncIterator[Tool | Ran]:
    """Run an operation; yields its start, its progress while it goes on, and its result.

    The caller yields how it ended, for only he knows what it means. Raises what the operation raises.
    """
    item = find(name)
    shown = {key: str(value) if isinstance(value, Path) else value for key, value in arguments.items()}
    yield Tool(call=call, name=name, state="started", arguments=shown)
    latest: list[tuple[float, float, str]] = []

    def progress(done: float, total: float = 0, message: str = "") -> None:
        latest[:] = [(float(done), float(total), str(message))]

    work = asyncio.ensure_future(context.run(lambda: item(**arguments), progress=progress))
    try:
        told: tuple[float, float, str] | None = None
        while not (await asyncio.wait({work}, timeout=_LOOK_S))[0]:
            if latest and latest[0] != told:
                told = latest[0]
                yield Tool(call=call, name=name, state="progress", summary=told[2], done=told[0], total=told[1])
        yield Ran(result=work.result())
    finally:
        if not work.done():
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
