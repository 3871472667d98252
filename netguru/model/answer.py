"""Answer: a text whose every claim is cited, or a plain refusal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Result):
    """Answer a question with verified citations; `fallback` says what was missing and used instead."""

    schema: ClassVar[str] = "netguru.answer/1"
    markdown: ClassVar[bool] = False
    """Whether `text` is Markdown: a model's or the chat's. Else it is shown as it stands."""

    question: str
    text: str
    status: Literal["grounded", "partial", "not_found"]
    citations: tuple[Evidence, ...]
    model: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    fallback: str = ""
