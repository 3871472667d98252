"""What conversations consist of: messages with their tool runs, citations and usage, as they are stored and shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.result import Result, to_plain

if TYPE_CHECKING:
    from datetime import datetime

    from netguru.model.evidence import Evidence

Role = Literal["user", "assistant"]
MessageStatus = Literal["complete", "cancelled", "failed", "streaming"]
AnswerStatus = Literal["grounded", "partial", "not_found"]
ToolState = Literal["started", "progress", "done", "failed", "cancelled"]
OPEN_TOOLS: frozenset[ToolState] = frozenset({"started", "progress"})
"""States of a tool run that still goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolRun:
    """One run of an operation within an answer; `call` names it within its message."""

    call: str
    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    state: ToolState
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """One numbered evidence of an answer; `label` names its place in words, `url` opens it."""

    number: int
    evidence: Evidence
    label: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerState:
    """How an answer stands: whether it is grounded, who wrote it, at what cost, and what was missing.

    `model` is empty when no language model wrote it; `fallback` says what was missing and used instead.
    `coverage` is the JSON form of what was looked at.
    """

    status: AnswerStatus
    model: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    fallback: str = ""
    coverage: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; what is not there is null."""
        return {
            "status": self.status,
            "model": self.model or None,
            "usage": to_plain(self.usage) or None,
            "fallback": self.fallback or None,
            "coverage": self.coverage,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation. A message that is not complete keeps what there was of it.

    `attachments` are the names of what was sent along with a question.
    """

    id: int
    role: Role
    text: str
    status: MessageStatus
    created: datetime
    answer: AnswerState | None = None
    tools: tuple[ToolRun, ...] = ()
    citations: tuple[Citation, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation(Result):
    """One conversation; `messages` counts them."""

    schema: ClassVar[str] = "netguru.chat.conversation/1"

    id: int
    title: str
    created: datetime
    updated: datetime
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversations(Result):
    """The conversations, the one last spoken in first; `next` is where the list goes on, empty at its end."""

    schema: ClassVar[str] = "netguru.chat.list/1"
    primary: ClassVar[str] = "conversations"

    conversations: tuple[Conversation, ...]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript(Result):
    """One conversation with its messages, the oldest first."""

    schema: ClassVar[str] = "netguru.chat.show/1"
    primary: ClassVar[str] = "messages"

    conversation: Conversation
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a user's answers have taken since some time: tokens, and money where a price was stated."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Give the tokens of both ways."""
        return self.input_tokens + self.output_tokens
