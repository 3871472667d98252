"""Searching conversations by their words: FTS5 in SQLite, text search in PostgreSQL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, literal_column, or_, select, text

from netguru.store.tables import ConversationRow, MessageRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

_WORD = re.compile(r"\w+")


def index(session: Session, message: int, content: str) -> None:
    """Make the words of a message found; once a message, when it will not change any more."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DELETE FROM message_search WHERE rowid = :id"), {"id": message})
        session.execute(
            text("INSERT INTO message_search (rowid, text) VALUES (:id, :text)"), {"id": message, "text": content}
        )


def matching(session: Session, query: str) -> ColumnElement[bool]:
    """Give the condition that a conversation holds all words of a query, or their beginnings, in any of its texts."""
    words = _WORD.findall(query)
    sqlite = session.get_bind().dialect.name == "sqlite"
    conditions = [
        or_(
            ConversationRow.id.in_(_in_sqlite(place, word) if sqlite else _in_postgresql(word)),
            ConversationRow.title.icontains(word, autoescape=True),
        )
        for place, word in enumerate(words)
    ]
    return and_(literal_column("1 = 1"), *conditions)


def _in_sqlite(place: int, word: str) -> Select[int]:
    # Every textual part has a parameter name of its own: they end in one statement.
    found = text(f"SELECT rowid FROM message_search WHERE message_search MATCH :word{place}")  # noqa: S608 - a number
    return select(MessageRow.conversation_id).where(
        MessageRow.id.in_(found.bindparams(**{f"word{place}": f'"{word}"*'}))
    )


def _in_postgresql(word: str) -> Select[int]:
    words = func.to_tsvector("simple", MessageRow.text)
    return select(MessageRow.conversation_id).where(words.op("@@")(func.to_tsquery("simple", f"'{word}':*")))
