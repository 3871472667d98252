"""The operations of the chat: ask, and keep order among conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from netguru.chat.results import ChatAnswer, Exported
from netguru.operations import operation
from netguru.store.conversation_results import Conversation, Conversations, Transcript
from netguru.workspace import Workspace

_NO_SECTION = "a report shows findings, it does not change conversations"
_NO_TOOL = "an agent answers inside a conversation, it does not manage them"


@operation(
    "chat.ask",
    alias="ask",
    effect="write",
    without={"tool": "an agent that asks itself would never end", "report": "rag.ask quotes documents in a report"},
)
def ask(
    question: str,
    *,
    conversation: int = 0,
    about: list[Path] | None = None,
    engine: Literal["auto", "agent", "offline"] = "auto",
    model: str = "",
    workspace: Workspace,
) -> ChatAnswer:
    """Answer a question from your own captures, configurations, outputs and documents, with every claim cited.

    Without a language model the question is routed to the operations that fit it; the answer says so. It is kept
    in a conversation of the workspace, without secrets.

    Args:
        question: A question in English or Portuguese.
        conversation: Go on with this conversation; by default a new one begins.
        about: Files and folders that the question is about; by default the workspace's folder.
        engine: Who answers: a language model (`agent`) where one is set up, or the offline router.
        model: The language model, PROVIDER:NAME; by default that of the settings.
    """
    import sys

    from netguru.chat.approving import ask_user
    from netguru.chat.asking import Watcher
    from netguru.chat.asking import ask as answered
    from netguru.operations.context import context

    at_terminal = context().face == "cli" and sys.stdin is not None and sys.stdin.isatty()
    return answered(
        question,
        workspace=workspace.folder,
        conversation=conversation,
        about=about or (),
        engine="" if engine == "auto" else engine,
        options={"model": model} if model else {},
        watcher=Watcher(approve=ask_user) if at_terminal else None,
    )


@operation("chat.list", without={"tool": _NO_TOOL})
def list_conversations(*, search: str = "", limit: int = 50, workspace: Workspace) -> Conversations:
    """List your conversations, the one last spoken in first.

    Args:
        search: Only those that hold all these words, or their beginnings.
        limit: How many to show at most.
    """
    from netguru.store import conversations
    from netguru.store.conversation_owner import default_owner

    return conversations.recent(owner=default_owner(), query=search, limit=limit, workspace=workspace.folder)


@operation("chat.show", without={"tool": _NO_TOOL})
def show(conversation: int, *, workspace: Workspace) -> Transcript:
    """Show a conversation with its answers, their runs and citations.

    Args:
        conversation: Its number, as `chat.list` shows it.
    """
    from netguru.chat.exporting import transcript
    from netguru.store.conversation_owner import default_owner

    return transcript(conversation, owner=default_owner(), workspace=workspace.folder)


@operation("chat.export", effect="write", without={"report": _NO_SECTION, "tool": _NO_TOOL})
def export(
    conversation: int, out: Path, *, form: Literal["markdown", "notebook"] = "markdown", workspace: Workspace
) -> Exported:
    """Write a conversation to a file: Markdown to read, or a notebook whose cells run the operations again.

    Args:
        conversation: Its number, as `chat.list` shows it.
        out: The file to write.
        form: The form of the file.
    """
    from netguru.chat.exporting import write
    from netguru.store.conversation_owner import default_owner

    return write(conversation, out, form, owner=default_owner(), workspace=workspace.folder)


@operation("chat.rename", effect="write", without={"report": _NO_SECTION, "tool": _NO_TOOL})
def rename(conversation: int, title: str, *, workspace: Workspace) -> Conversation:
    """Give a conversation another title.

    Args:
        conversation: Its number, as `chat.list` shows it.
        title: The title.
    """
    from netguru.store import conversations
    from netguru.store.conversation_owner import default_owner

    return conversations.rename(conversation, title, owner=default_owner(), workspace=workspace.folder)


@operation("chat.remove", effect="write", without={"report": _NO_SECTION, "tool": _NO_TOOL})
def remove(conversation: int, *, workspace: Workspace) -> Conversation:
    """Remove a conversation; it is listed and found no more.

    Args:
        conversation: Its number, as `chat.list` shows it.
    """
    from netguru.store import conversations
    from netguru.store.conversation_owner import default_owner

    return conversations.remove(conversation, owner=default_owner(), workspace=workspace.folder)
