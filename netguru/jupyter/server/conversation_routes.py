"""Routes of conversations and their messages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netguru.chat import exporting
from netguru.chat.events import Attachment, Question
from netguru.errors import InputError
from netguru.jupyter.server.reaching import reach, reach_file
from netguru.jupyter.server.routing import Call, route
from netguru.model.result import to_plain
from netguru.store import conversations, ownership

if TYPE_CHECKING:
    from netguru.jupyter.server.service import Service
    from netguru.store.conversation_results import Conversation

_LONGEST = 100_000
_MOST_ATTACHMENTS = 20
_PAGE = 50
_MESSAGES = 100


def _plain(found: Conversation) -> dict[str, Any]:
    plain = to_plain(found)
    plain.pop("schema", None)
    return dict(plain)


@route("GET", "conversations", query={"q": "words to search", "limit": "how many", "cursor": "next of the list before"})
async def listed(call: Call) -> Any:
    """List the user's conversations, the one last spoken in first, or those that hold some words."""
    found = await asyncio.to_thread(
        conversations.recent,
        owner=call.owner,
        query=call.query.get("q", ""),
        limit=call.count("limit", _PAGE),
        cursor=call.query.get("cursor", ""),
        workspace=call.service.workspace,
    )
    return {"items": [_plain(item) for item in found.conversations], "next": found.next or None}


@route("POST", "conversations", body={"title": "the title; by default the first question"}, answers=201)
async def begun(call: Call) -> Any:
    """Begin a conversation."""
    title = call.stated("title", str, "") if call.body else ""
    made = await asyncio.to_thread(conversations.create, title, owner=call.owner, workspace=call.service.workspace)
    return _plain(made)


@route("GET", "conversations/{id}")
async def one(call: Call) -> Any:
    """Give a conversation."""
    return _plain(
        await asyncio.to_thread(conversations.get, call.number(), owner=call.owner, workspace=call.service.workspace)
    )


@route("PATCH", "conversations/{id}", body={"title": "the new title"})
async def renamed(call: Call) -> Any:
    """Give a conversation another title."""
    title = call.stated("title")
    where = call.service.workspace
    return _plain(
        await asyncio.to_thread(conversations.rename, call.number(), title, owner=call.owner, workspace=where)
    )


@route("DELETE", "conversations/{id}", answers=204)
async def removed(call: Call) -> Any:
    """Remove a conversation; an answer that is being written is stopped."""
    where = call.service.workspace
    await asyncio.to_thread(conversations.remove, call.number(), owner=call.owner, workspace=where)
    running = call.service.hub.find(call.owner, call.number(), "")
    if running is not None:
        running.turn.cancel()


@route("GET", "conversations/{id}/messages", query={"limit": "how many", "cursor": "next of the list before"})
async def messages(call: Call) -> Any:
    """List the messages of a conversation, the oldest first."""
    limit = call.count("limit", _MESSAGES, most=1000)
    found = await asyncio.to_thread(
        conversations.messages,
        call.number(),
        owner=call.owner,
        limit=limit + 1,
        after=call.count("cursor", 0, most=2**62),
        workspace=call.service.workspace,
    )
    items = [to_plain(item) for item in found[:limit]]
    return {"items": items, "next": str(found[limit - 1].id) if len(found) > limit else None}


@route(
    "POST",
    "conversations/{id}/messages",
    body={"question": "the question", "attachments": "files and texts sent along"},
    kind="questions",
)
async def asked(call: Call) -> Any:
    """Answer a question without streaming; gives the message of the answer."""
    question = await asyncio.to_thread(question_of, call.body, call.service, call.owner)
    await asyncio.to_thread(conversations.get, call.number(), owner=call.owner, workspace=call.service.workspace)
    context = call.service.context(call.owner, call.number(), question)
    running = call.service.hub.start("", question, context, call.service.engine(context))
    return to_plain(await running.task)


@route("GET", "conversations/{id}/export", query={"format": "markdown or notebook"})
async def exported(call: Call) -> Any:
    """Give a conversation as Markdown or as a notebook."""
    form = call.query.get("format", "markdown")
    if form not in ("markdown", "notebook"):
        raise InputError(f"format: {form!r} is not one of markdown, notebook")
    found = await asyncio.to_thread(
        exporting.transcript, call.number(), owner=call.owner, workspace=call.service.workspace
    )
    ending, kind = (
        ("md", "text/markdown; charset=utf-8") if form == "markdown" else ("ipynb", "application/x-ipynb+json")
    )
    call.headers["Content-Type"] = kind
    call.headers["Content-Disposition"] = f'attachment; filename="conversation-{call.number()}.{ending}"'
    return exporting.markdown(found) if form == "markdown" else exporting.notebook(found)


def question_of(plain: Any, service: Service, owner: str) -> Question:
    """Read a question with its attachments; raises InputError, FileRejectedError for a path outside."""
    text = plain.get("question") if isinstance(plain, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise InputError("question is missing or empty")
    if len(text) > _LONGEST:
        raise InputError(f"the question is longer than {_LONGEST:,} characters")
    stated = plain.get("attachments") or []
    if not isinstance(stated, list) or len(stated) > _MOST_ATTACHMENTS:
        raise InputError(f"attachments is no list of at most {_MOST_ATTACHMENTS}")
    return Question(text=text, attachments=tuple(_attachment(item, service, owner) for item in stated))


def _attachment(plain: Any, service: Service, owner: str) -> Attachment:
    if isinstance(plain, dict) and plain.get("kind") == "file" and type(plain.get("file")) is int:
        stored = ownership.file_of(plain["file"], owner, workspace=service.workspace)
        return Attachment(kind="file", name=stored.name, path=reach_file(stored.id, service, owner))
    if isinstance(plain, dict) and plain.get("kind") == "file" and isinstance(plain.get("path"), str):
        path = reach(plain["path"], service, owner)
        return Attachment(kind="file", name=path.name, path=path)
    if isinstance(plain, dict) and plain.get("kind") == "text" and isinstance(plain.get("text"), str):
        name = str(plain.get("name") or "text")
        return Attachment(kind="text", name=name[:200], text=plain["text"])
    raise InputError("an attachment is none of {kind: file, path}, {kind: file, file} and {kind: text, name, text}")
