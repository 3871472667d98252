"""The one gate that texts pass on their way to a provider: secrets are replaced here."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from netguru.redact import redact_value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from langchain_core.messages import BaseMessage


def untraced() -> AbstractContextManager[None]:
    """Keep what is asked from being told to anyone else: LangChain sends it to a tracing service when one is set up."""
    from langsmith import tracing_context

    # The tracing of LangChain's first version is gone: its variables do nothing but make every call fail.
    for name in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        os.environ.pop(name, None)
    return tracing_context(enabled=False)


def cleaned(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Give messages without secrets: their texts and the arguments of tool calls; those given stay as they are."""
    made = []
    for message in messages:
        changes: dict[str, Any] = {"content": redact_value(message.content)}
        if calls := getattr(message, "tool_calls", None):
            changes["tool_calls"] = [{**call, "args": redact_value(call["args"])} for call in calls]
        made.append(message.model_copy(update=changes))
    return made
