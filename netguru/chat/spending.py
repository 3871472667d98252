"""What a question may take: tokens for itself, tokens and money for its user's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from netguru.errors import InputError, RateLimitedError
from netguru.llm.budget import Budget
from netguru.settings import settings
from netguru.store import conversations

if TYPE_CHECKING:
    from netguru.chat.events import TurnContext

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens asked, and given.

    >>> Price.read("2.5/10").of(1_000_000, 100_000)
    3.5
    """

    asked: float
    given: float

    @classmethod
    def read(cls, text: str) -> Price:
        """Read `IN/OUT`; raises InputError."""
        asked, _, given = text.partition("/")
        try:
            made = cls(float(asked), float(given))
        except ValueError:
            raise InputError(
                f"the price {text!r} is not IN/OUT", hint="money for a million tokens, as 2.5/10"
            ) from None
        if not (0 <= made.asked < _MILLION and 0 <= made.given < _MILLION):
            raise InputError(f"the price {text!r} is out of range")
        return made

    def of(self, asked: int, given: int) -> float:
        """Give what so many tokens cost."""
        return (asked * self.asked + given * self.given) / _MILLION


def price(context: TurnContext) -> Price | None:
    """Give the stated price of the model, None when there is none; raises InputError."""
    stated = str(context.options.get("price") or settings().model_price)
    return Price.read(stated) if stated else None


def allowance(context: TurnContext) -> Budget:
    """Give the tokens that a question may take, of what its user's day leaves.

    Raises RateLimitedError when the day's budget is used up, InputError for one in money without a price.
    """
    chosen, now = settings(), datetime.now(UTC)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    used = conversations.used(day, owner=context.owner, workspace=context.workspace)
    wait = 86_400 - (now - day).total_seconds()
    money, cost = float(context.options.get("budget") or chosen.model_day_money), price(context)
    left = chosen.model_question_tokens
    if chosen.model_day_tokens:
        left = min(left, chosen.model_day_tokens - used.tokens)
    if money:
        if cost is None:
            hint = "NETGURU_MODEL_PRICE=IN/OUT, or the price in the chat's settings"
            raise InputError("the day's budget is stated in money and the model's price is not", hint=hint)
        # Were all of it given, the dearer of the two: the budget is not passed.
        dear = max(cost.asked, cost.given)
        left = min(left, int((money - used.cost) * _MILLION / dear)) if dear else left
    if left <= 0:
        raise RateLimitedError(
            "today's budget for questions is used up", retry_after=wait, hint="budget in the settings"
        )
    return Budget(
        call=chosen.model_call_tokens, session=left, whose="question", setting="NETGURU_MODEL_QUESTION_TOKENS"
    )
