"""The few tools that go with a question to a small model: by its words, by what it names, by what was run before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru import resources
from netguru.chat.entities import Entities, read_entities
from netguru.chat.routing import ROUTED, routes
from netguru.chat.scope import scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.chat.events import Question, TurnContext
    from netguru.llm.choosing import Choice

_TABLES = (*ROUTED, "tools.toml")


def small(choice: Choice) -> bool:
    """Say whether a model gets few tools: as the settings say, else as its provider's row does."""
    from netguru.settings import settings

    stated = settings().model_tools
    return stated == "few" or (
        stated == "auto" and bool(resources.table("llm", "providers.toml")[choice.provider].get("small"))
    )


def few(question: Question, context: TurnContext, offered: Iterable[str]) -> frozenset[str]:
    """Choose among the names of operations what fits a question; one that goes on keeps the earlier ones."""
    named = read_entities(question.text, scope_of(question, context).stock)
    asked = [message.text for message in context.history if message.role == "user"][-1:]
    earlier = [run.name for message in context.history[-1:] for run in message.tools]
    # What follows up an answer may say little by itself.
    return fitting(question.text, named, offered, kept=(*earlier, *(_best(text) for text in asked)))


def fitting(text: str, named: Entities, offered: Iterable[str], *, kept: Iterable[str] = ()) -> frozenset[str]:
    """Choose by the words of a text and what it names.

    >>> sorted(fitting("draw it", Entities(), ["diagnosis.run", "pcap.picture", "rag.search"]))
    ['diagnosis.run', 'pcap.picture', 'rag.search']
    """
    table, there = resources.table("chat", "agent.toml")["few"], set(offered)
    captures = any(path.suffix.startswith((".pcap", ".cap")) for path in named.files)
    wanted = [
        *table["always"],
        *kept,
        *(table["with_capture"] if captures else ()),
        *(table["with_device"] if named.devices else ()),
        *(route.operation for route in routes(text, named, tables=_TABLES) if route.score > 0),
    ]
    chosen = [name for name in dict.fromkeys(wanted) if name in there]
    return frozenset(chosen[: table["most"]])


def _best(text: str) -> str:
    return routes(text, Entities(), tables=_TABLES)[0].operation
