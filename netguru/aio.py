"""The one bridge between sync and async code, also inside a running loop (a notebook)."""

from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and give its result, wherever the caller stands.

    Inside a running loop the coroutine gets a loop of its own in a helper thread: no global
    patch, and the caller's loop is blocked for as long as the caller asked to wait.

    >>> async def double(x): return 2 * x
    >>> run_sync(double(4))
    8
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    context = contextvars.copy_context()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="netguru-run-sync") as pool:
        return pool.submit(context.run, asyncio.run, coroutine).result()
