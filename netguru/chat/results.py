"""What the chat's operations return beside conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.answer import Answer
from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.store.conversation_results import MessageStatus, ToolRun


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatAnswer(Answer):
    """An answer of the chat with the runs it rests on, and where it is kept; `state` says whether it is complete."""

    schema: ClassVar[str] = "netguru.chat.ask/1"
    markdown: ClassVar[bool] = True

    conversation: int
    message: int
    state: MessageStatus
    tools: tuple[ToolRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported(Result):
    """A conversation written to a file."""

    schema: ClassVar[str] = "netguru.chat.export/1"

    conversation: int
    format: str
    file: str
    messages: int
