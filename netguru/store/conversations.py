"""Conversations: begun, answered, listed, searched, renamed and removed, each its owner's alone.

An answer is stored from its start: a message with the status `streaming` that names its process. What a process
that died left behind is closed by the next who looks: its text stays, its open runs are cancelled.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from netguru.errors import InputError, UnknownNameError
from netguru.store import conversation_search, database
from netguru.store.conversation_cleaning import cleaned, cleaned_value
from netguru.store.conversation_results import OPEN_TOOLS, Conversation, Conversations, Message, Used
from netguru.store.conversation_rows import conversation_of, fill, message_of
from netguru.store.places import location
from netguru.store.processes import ProcessId
from netguru.store.tables import ConversationRow, MessageRow, UsageRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from netguru.store.conversation_results import AnswerState, Citation, MessageStatus, ToolRun
    from netguru.store.places import Location

_TITLE_LIMIT = 200
_SHORT_TITLE = 80


def create(title: str = "", *, owner: str, workspace: Path | None = None) -> Conversation:
    """Begin a conversation; one without a title takes its first question's words."""
    where = location(workspace)
    where.make()
    now = datetime.now(UTC)
    row = ConversationRow(workspace=where.key, owner=owner, title=_title(title), created_at=now, updated_at=now)
    with database.write(where) as session:
        session.add(row)
        session.flush()
        return conversation_of(row, 0)


def recent(
    *, owner: str, query: str = "", limit: int = 50, cursor: str = "", workspace: Path | None = None
) -> Conversations:
    """List conversations, the one last spoken in first; with a query those that hold all its words.

    `cursor` is the `next` of the list before. Raises InputError for a cursor that no list gave.
    """
    where = location(workspace)
    behind = _read_cursor(cursor) if cursor else None
    if not database.exists(where):
        return Conversations(conversations=())
    with database.read(where) as session:
        chosen = _own(where, owner)
        if query.strip():
            chosen = chosen.where(conversation_search.matching(session, query))
        if behind is not None:
            at, number = behind
            later = ConversationRow.updated_at < at
            same = (ConversationRow.updated_at == at) & (ConversationRow.id < number)
            chosen = chosen.where(or_(later, same))
        chosen = chosen.order_by(ConversationRow.updated_at.desc(), ConversationRow.id.desc())
        rows = session.scalars(chosen.limit(limit + 1)).all()
        counts = _counts(session, [row.id for row in rows])
    shown = rows[:limit]
    last = f"{shown[-1].updated_at.isoformat()}~{shown[-1].id}" if len(rows) > limit else ""
    return Conversations(conversations=tuple(conversation_of(row, counts.get(row.id, 0)) for row in shown), next=last)


def get(number: int, *, owner: str, workspace: Path | None = None) -> Conversation:
    """Find a conversation; raises UnknownNameError, also for another's."""
    where = location(workspace)
    if not database.exists(where):
        raise _unknown(number)
    with database.read(where) as session:
        row = _find(session, where, owner, number)
        return conversation_of(row, _counts(session, [row.id]).get(row.id, 0))


def messages(
    number: int, *, owner: str, limit: int = 0, after: int = 0, workspace: Path | None = None
) -> tuple[Message, ...]:
    """Give the messages of a conversation behind the message `after`, the oldest first; raises UnknownNameError."""
    where = location(workspace)
    if limit or after:
        close_abandoned(number, owner=owner, workspace=where.folder)
        return _messages(number, owner, where, limit=limit, after=after)
    # All of them show themselves which answers were abandoned: one transaction, for each question waits for it.
    found = _messages(number, owner, where)
    if any(item.status == "streaming" for item in found):
        close_abandoned(number, owner=owner, workspace=where.folder)
        found = _messages(number, owner, where)
    return found


def _messages(number: int, owner: str, where: Location, *, limit: int = 0, after: int = 0) -> tuple[Message, ...]:
    if not database.exists(where):
        raise _unknown(number)
    with database.read(where) as session:
        _find(session, where, owner, number)
        chosen = select(MessageRow).where(MessageRow.conversation_id == number, MessageRow.id > after)
        chosen = chosen.order_by(MessageRow.id)
        rows = session.scalars(chosen.limit(limit) if limit else chosen).all()
        return tuple(message_of(row) for row in rows)


def rename(number: int, title: str, *, owner: str, workspace: Path | None = None) -> Conversation:
    """Give a conversation another title; raises InputError for an empty one, UnknownNameError."""
    if not title.strip():
        raise InputError("the title is empty")
    where = location(workspace)
    get(number, owner=owner, workspace=where.folder)
    with database.write(where) as session:
        _find(session, where, owner, number).title = _title(title)
    return get(number, owner=owner, workspace=where.folder)


def remove(number: int, *, owner: str, workspace: Path | None = None) -> Conversation:
    """Remove a conversation: it is shown and found no more, its row stays; raises UnknownNameError."""
    where = location(workspace)
    removed = get(number, owner=owner, workspace=where.folder)
    with database.write(where) as session:
        _find(session, where, owner, number).deleted_at = datetime.now(UTC)
    return removed


def begin(
    number: int, question: str, *, owner: str, attachments: Sequence[str] = (), workspace: Path | None = None
) -> tuple[Message, Message]:
    """Store a question and the start of its answer; gives both messages.

    Raises UnknownNameError, and InputError while another answer is being written in this conversation.
    """
    where = location(workspace)
    if not database.exists(where):
        raise _unknown(number)
    now = datetime.now(UTC)
    with database.write(where) as session:
        row = _find(session, where, owner, number)
        for open_one in session.scalars(_streaming(number)):
            if not _is_gone(open_one.runner):
                hint = "wait for it, or stop it first"
                raise InputError("an answer is being written in this conversation", hint=hint)
            _close(session, open_one, "failed")
        asked = MessageRow(
            conversation_id=number, role="user", status="complete", created_at=now, text=cleaned(question)
        )
        asked.attachments = [cleaned(name, _TITLE_LIMIT) for name in attachments]
        answer = MessageRow(conversation_id=number, role="assistant", status="streaming", created_at=now, text="")
        answer.attachments, answer.runner = [], str(ProcessId.current())
        row.title = row.title or _title(question, _SHORT_TITLE)
        row.updated_at = now
        session.add(asked)
        session.flush()
        session.add(answer)
        session.flush()
        conversation_search.index(session, asked.id, asked.text)
        return message_of(asked), message_of(answer)


def keep(
    message: int,
    text: str,
    tools: Iterable[ToolRun],
    citations: Iterable[Citation],
    *,
    workspace: Path | None = None,
) -> None:
    """Store what there is of an answer by now, so that a crash loses little."""
    with database.write(location(workspace)) as session:
        row = session.get_one(MessageRow, message)
        if row.status == "streaming":
            fill(row, text, tools, citations)


def finish(
    message: int,
    status: MessageStatus,
    text: str,
    *,
    tools: Iterable[ToolRun] = (),
    citations: Iterable[Citation] = (),
    answer: AnswerState | None = None,
    workspace: Path | None = None,
) -> Message:
    """Store how an answer ended; runs that are still open end as cancelled. Its usage counts for the day."""
    where = location(workspace)
    with database.write(where) as session:
        row = session.get_one(MessageRow, message)
        fill(row, text, tools, citations, answer)
        _close(session, row, status)
        parent = session.get_one(ConversationRow, row.conversation_id)
        parent.updated_at = datetime.now(UTC)
        if answer is not None and (answer.model or answer.usage):
            session.add(_usage(parent, message, answer))
        session.flush()
        return message_of(row)


def used(since: datetime, *, owner: str, workspace: Path | None = None) -> Used:
    """Add up what an owner's answers have taken since a time, removed conversations with them."""
    where = location(workspace)
    if not database.exists(where):
        return Used()
    asked, given, cost = (func.sum(item) for item in (UsageRow.input_tokens, UsageRow.output_tokens, UsageRow.cost))
    chosen = select(asked, given, cost).where(
        UsageRow.workspace == where.key, UsageRow.owner == owner, UsageRow.created_at >= since
    )
    with database.read(where) as session:
        found = session.execute(chosen).one()
    return Used(input_tokens=int(found[0] or 0), output_tokens=int(found[1] or 0), cost=float(found[2] or 0))


def close_abandoned(number: int, *, owner: str, workspace: Path | None = None) -> None:
    """Close the answers of a conversation whose process is gone; their text stays. Raises UnknownNameError."""
    where = location(workspace)
    if not database.exists(where):
        raise _unknown(number)
    with database.read(where) as session:
        _find(session, where, owner, number)
        gone = [row.id for row in session.scalars(_streaming(number)) if _is_gone(row.runner)]
    if not gone:
        return
    with database.write(where) as session:
        for row in session.scalars(_streaming(number).where(MessageRow.id.in_(gone))):
            _close(session, row, "failed")


def _close(session: Session, row: MessageRow, status: MessageStatus) -> None:
    row.status, row.runner = status, ""
    for item in row.tools:
        item.state = "cancelled" if item.state in OPEN_TOOLS else item.state
    conversation_search.index(session, row.id, row.text)


def _is_gone(runner: str) -> bool:
    process = ProcessId.parse(runner)
    # A process of another machine cannot be asked: its answer is left alone.
    return process is None or process.alive() is False


def _streaming(number: int) -> Select[MessageRow]:
    return select(MessageRow).where(MessageRow.conversation_id == number, MessageRow.status == "streaming")


def _usage(parent: ConversationRow, message: int, answer: AnswerState) -> UsageRow:
    used = cleaned_value(answer.usage)
    return UsageRow(
        workspace=parent.workspace,
        owner=parent.owner,
        message_id=message,
        model=cleaned(answer.model, _TITLE_LIMIT),
        created_at=datetime.now(UTC),
        input_tokens=int(used.get("input_tokens") or 0),
        output_tokens=int(used.get("output_tokens") or 0),
        cost=float(used.get("cost") or 0.0),
        details=used,
    )


def _own(where: Location, owner: str) -> Select[ConversationRow]:
    return select(ConversationRow).where(
        ConversationRow.workspace == where.key, ConversationRow.owner == owner, ConversationRow.deleted_at.is_(None)
    )


def _find(session: Session, where: Location, owner: str, number: int) -> ConversationRow:
    row = session.scalars(_own(where, owner).where(ConversationRow.id == number)).one_or_none()
    if row is None:
        raise _unknown(number)
    return row


def _unknown(number: int) -> UnknownNameError:
    # Names no others: which numbers exist is nobody's business but their owner's.
    return UnknownNameError("conversation", str(number), ())


def _counts(session: Session, numbers: Sequence[int]) -> dict[int, int]:
    chosen = select(MessageRow.conversation_id, func.count()).where(MessageRow.conversation_id.in_(numbers))
    return dict(session.execute(chosen.group_by(MessageRow.conversation_id)).tuples().all())


def _title(text: str, limit: int = _TITLE_LIMIT) -> str:
    line = " ".join(cleaned(text).split())
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    at, _, number = cursor.rpartition("~")
    try:
        return datetime.fromisoformat(at), int(number)
    except ValueError:
        raise InputError("the cursor is none that a list gave") from None
