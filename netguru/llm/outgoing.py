"""The one gate that texts pass on their way to a provider: secrets are replaced here."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from netguru import logs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from langchain_core.messages import BaseMessage

_DETECTOR = "netguru.redact"


def untraced() -> AbstractContextManager[None]:
    """Keep what is asked from being told to anyone else: LangChain sends it to a tracing service when one is set up."""
    from langsmith import tracing_context

    return tracing_context(enabled=False)


def clean(text: str) -> str:
    """Replace the secrets of a text, in place."""
    text = logs.redact(text)
    if find_spec(_DETECTOR) is None:
        return text
    cleaned: str = import_module(_DETECTOR).redact(text).text
    return cleaned


def cleaned(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Give messages without secrets: their texts and the arguments of tool calls; those given stay as they are."""
    made = []
    for message in messages:
        changes: dict[str, Any] = {"content": _clean(message.content)}
        if calls := getattr(message, "tool_calls", None):
            changes["tool_calls"] = [{**call, "args": _clean(call["args"])} for call in calls]
        made.append(message.model_copy(update=changes))
    return made


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value
