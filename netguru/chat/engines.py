"""Engines: who answers. The offline router is always ready; others come through entry points and go before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.registry import Registry

if TYPE_CHECKING:
    from netguru.chat.events import Engine, TurnContext

OFFLINE = "offline"

engines: Registry[Engine] = Registry("engine", group="netguru.engines")


def choose(context: TurnContext, *, name: str = "") -> Engine:
    """Give the engine of a name, else the first that is ready with these settings, else the offline router.

    Raises UnknownNameError for a name that no engine has.
    """
    if name:
        return engines[name]
    ready = (item for key, item in engines.items() if key != OFFLINE and item.ready(context))
    return next(ready, None) or engines[OFFLINE]
