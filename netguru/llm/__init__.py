"""Language models by API, with the user's own key: providers, limits, retries, fall-backs, budget.

Every public name is loaded on first use: asking nobody costs nothing.
"""

from __future__ import annotations

from netguru.lazy import lazily

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

__getattr__, __dir__ = lazily(__name__, _WHERE)
