"""How many tokens calls may take: one call, and all calls of a session together."""

from __future__ import annotations

from functools import cache
from threading import Lock

from netguru import resources
from netguru.errors import RateLimitedError
from netguru.settings import settings


class Budget:
    """Count tokens; refuse a call that could go beyond what is left.

    >>> budget = Budget(call=100, session=150)
    >>> budget.reserve(90)
    >>> budget.settle(90, 60)
    >>> budget.used
    60
    """

    def __init__(
        self, *, call: int, session: int, whose: str = "session", setting: str = "NETGURU_MODEL_SESSION_TOKENS"
    ) -> None:
        self._call = call
        self._session = session
        self._whose = whose
        self._setting = setting
        self._used = 0
        self._lock = Lock()

    @property
    def used(self) -> int:
        """Give the tokens taken, with what running calls may still take."""
        return self._used

    def reserve(self, tokens: int) -> None:
        """Set tokens aside for a call; raises RateLimitedError when they are too many."""
        with self._lock:
            if tokens > self._call:
                raise RateLimitedError(
                    f"the call may take {tokens} tokens, {self._call} are allowed", hint="NETGURU_MODEL_CALL_TOKENS"
                )
            if self._used + tokens > self._session:
                raise RateLimitedError(
                    f"the {self._whose}'s budget of {self._session} tokens does not allow {tokens} more"
                    f" ({self._used} taken)",
                    hint=self._setting,
                )
            self._used += tokens

    def settle(self, reserved: int, spent: int) -> None:
        """Put what was really spent in the place of what was set aside."""
        with self._lock:
            self._used += spent - reserved


@cache
def session() -> Budget:
    """Give the budget of this process."""
    chosen = settings()
    return Budget(call=chosen.model_call_tokens, session=chosen.model_session_tokens)


def estimate(characters: int) -> int:
    """Give the tokens that a text of so many characters has at most, about."""
    return -(-characters // int(resources.table("llm", "limits.toml")["characters"]))
