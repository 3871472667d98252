"""Between rows of the database and the values that are shown: conversations and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.model.evidence import Evidence
from netguru.model.result import to_plain
from netguru.store.conversation_cleaning import cleaned, cleaned_evidence, cleaned_value
from netguru.store.conversation_results import AnswerState, Citation, Conversation, Message, ToolRun
from netguru.store.tables import CitationRow, ConversationRow, MessageRow, ToolRunRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_URL_LIMIT = 2000


def conversation_of(row: ConversationRow, messages: int) -> Conversation:
    """Make a conversation of its row."""
    return Conversation(id=row.id, title=row.title, created=row.created_at, updated=row.updated_at, messages=messages)


def message_of(row: MessageRow) -> Message:
    """Make a message of its row."""
    return Message(
        id=row.id,
        role=row.role,  # type: ignore[arg-type]  # only this room writes roles
        text=row.text,
        status=row.status,  # type: ignore[arg-type]  # only this room writes states
        created=row.created_at,
        answer=None if row.answer is None else _answer(row.answer),
        tools=tuple(_tool(item) for item in row.tools),
        citations=tuple(
            Citation(number=item.number, evidence=evidence_of(item.evidence), label=item.label, url=item.url)
            for item in row.citations
        ),
        attachments=tuple(row.attachments),
    )


def evidence_of(plain: Mapping[str, Any]) -> Evidence:
    """Read an evidence from its JSON form."""
    return Evidence(**{key: value for key, value in plain.items() if key != "filter"})


def _answer(plain: dict[str, Any]) -> AnswerState:
    return AnswerState(
        status=plain["status"],
        model=plain["model"] or "",
        usage=plain["usage"] or {},
        fallback=plain["fallback"] or "",
        coverage=plain["coverage"],
    )


def _tool(row: ToolRunRow) -> ToolRun:
    return ToolRun(
        call=row.call,
        name=row.name,
        arguments=row.arguments,
        state=row.state,  # type: ignore[arg-type]  # only this room writes states
        summary=row.summary,
    )


def fill(
    row: MessageRow,
    text: str,
    tools: Iterable[ToolRun],
    citations: Iterable[Citation],
    answer: AnswerState | None = None,
) -> None:
    """Put into a row what there is of an answer by now, without its secrets."""
    row.text = cleaned(text)
    row.answer = None if answer is None else cleaned_value(answer)
    row.tools = [_tool_row(position, item, known=row.tools) for position, item in enumerate(tools)]
    known = {item.number: item for item in row.citations}
    row.citations = [known.get(item.number) or _citation_row(item) for item in citations]


def _tool_row(position: int, item: ToolRun, known: list[ToolRunRow]) -> ToolRunRow:
    # The same row again: a new object of the same key would be deleted and inserted.
    row = known[position] if position < len(known) else ToolRunRow(position=position)
    row.call, row.name = cleaned(item.call, 100), cleaned(item.name, 100)
    row.arguments, row.state, row.summary = cleaned_value(item.arguments), item.state, cleaned(item.summary)
    return row


def _citation_row(item: Citation) -> CitationRow:
    return CitationRow(
        number=item.number,
        evidence=to_plain(cleaned_evidence(item.evidence)),
        label=cleaned(item.label),
        url=cleaned(item.url, _URL_LIMIT),
    )
