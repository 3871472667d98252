"""Language models by API, with the user's own key: providers, limits, retries, fall-backs, budget.

Every public name is loaded on first use: asking nobody costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

_WHERE = {
    "Budget": "budget",
    "Choice": "choosing",
    "Completion": "asking",
    "Message": "asking",
    "acomplete": "asking",
    "astream": "asking",
    "chat_model": "providers",
    "choices": "choosing",
    "complete": "asking",
    "configured": "choosing",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_WHERE)
