"""Questions put into an English search by a language model, kept by question and model: asked once, paid once.

What a model finds so is put together with what the question itself finds; a bad rewriting takes no passage away.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import ServiceError
from netguru.llm.fencing import Fence
from netguru.rag.database import folder_of, make_folder
from netguru.rag.retrieve import reciprocal, retrieve, within
from netguru.render.clean import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from netguru.llm.choosing import Choice
    from netguru.rag.retrieve import Found, Options, Retrieval

_FILE = "rewritings.db"
_TABLE = "CREATE TABLE IF NOT EXISTS rewritings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewriting:
    """A question as it is searched for: one English sentence, and further words."""

    search: str
    terms: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Give all of it as one search."""
        table = _table()
        terms = (line(term)[: table["term"]] for term in self.terms[: table["terms"]])
        return " ".join(filter(None, [line(self.search)[: table["search"]], *terms]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """What became of it: the search (empty when there is none), what it took, and what was missing."""

    text: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    fallback: str = ""


def rewritten(question: str, chosen: Sequence[Choice]) -> Rewritten:
    """Let a model rewrite a question, or give what it said before; raises OperationCancelled.

    A model that fails is told in `fallback`: the question is searched for as it stands.
    """
    key = _key(question, chosen[0])
    kept = _read(key)
    if kept is not None:
        return Rewritten(text=kept)
    from netguru.llm.asking import Message, complete

    table, fence = _table(), Fence()
    system = table["system"].format(open=fence.open, close=fence.close, terms=table["terms"])
    messages = [Message(role="system", text=system.strip()), Message(role="user", text=fence.around(question))]
    try:
        done = complete(messages, chosen=chosen, schema=Rewriting, answer_tokens=table["answer_tokens"])
    except ServiceError as error:
        return Rewritten(fallback=f"the question was not rewritten: {error.message}")
    # Another model's answer is not kept under the name of the first, which may answer again.
    if done.model == chosen[0].name:
        _keep(key, done.data.text)
    return Rewritten(text=done.data.text, usage=done.usage, fallback=done.fallback)


def widened(retrieval: Retrieval, text: str, limit: int, options: Options) -> Retrieval:
    """Add what a rewriting finds to what its question found, by rank; the surer of both says whether it is answered."""
    if not text:
        return retrieval
    other = retrieve(text, limit, options)
    k = int(resources.table("rag", "retrieval.toml")["fusion"]["k"])
    held = {_place(item): item for item in (*other.found, *retrieval.found)}
    scores = reciprocal([([*_places(retrieval.found)], 1.0), ([*_places(other.found)], 1.0)], k)
    ordered = sorted(scores, key=lambda place: (-scores[place], place))
    found = _apart(replace(held[place], score=scores[place]) for place in ordered)
    surer = max((retrieval, other), key=lambda item: (item.status != "not_found", item.likely))
    return replace(
        retrieval,
        found=within(found[:limit], options.budget),
        likely=surer.likely,
        status=surer.status,
        notes=tuple(dict.fromkeys([*retrieval.notes, *other.notes])),
    )


def _place(item: Found) -> tuple[str, int]:
    return item.passage.collection, item.passage.id


def _places(found: Iterable[Found]) -> Iterable[tuple[str, int]]:
    return dict.fromkeys(_place(item) for item in found)


def _apart(found: Iterable[Found]) -> tuple[Found, ...]:
    """Leave out a passage whose text stands in a better one: neighbours are joined, in each search its own way."""
    kept: list[Found] = []
    for item in found:
        one = item.passage
        inside = (
            (other.passage.collection, other.passage.document) == (one.collection, one.document)
            and other.passage.start <= one.start
            and one.end <= other.passage.end
            for other in kept
        )
        if not any(inside):
            kept.append(item)
    return tuple(kept)


def _table() -> dict[str, Any]:
    table: dict[str, Any] = resources.table("rag", "prompts.toml")["rewrite"]
    return table


def _key(question: str, choice: Choice) -> str:
    # The digest alone: a question may hold what is not to be stored.
    stated = json.dumps([question, choice.name, choice.url, _table()["system"], _table()["terms"]])
    return hashlib.sha256(stated.encode("utf-8", "surrogatepass")).hexdigest()


def _file() -> Path:
    return folder_of("local").parent / _FILE


def _read(key: str) -> str | None:
    file = _file()
    if not file.is_file():
        return None
    with suppress(sqlite3.Error, OSError), closing(sqlite3.connect(file)) as connection:
        row = connection.execute("SELECT value FROM rewritings WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None
    return None


def _keep(key: str, text: str) -> None:
    make_folder("local")
    # What cannot be kept is asked again.
    with suppress(sqlite3.Error, OSError), closing(sqlite3.connect(_file())) as connection, connection:
        connection.execute(_TABLE)
        connection.execute("INSERT OR REPLACE INTO rewritings VALUES (?, ?)", (key, text))
