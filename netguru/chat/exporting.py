"""A conversation as a text: Markdown to read, a notebook whose cells run again what was run."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from netguru.chat.results import Exported
from netguru.errors import FileRejectedError
from netguru.render.prose import prose_markdown
from netguru.store import conversations
from netguru.store.conversation_results import Transcript

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.store.conversation_results import Message, ToolRun

_TITLES = {"user": "Question", "assistant": "Answer"}
_FORMAT, _MINOR = 4, 5


def transcript(number: int, *, owner: str, workspace: Path) -> Transcript:
    """Give a conversation with all its messages; raises UnknownNameError."""
    return Transcript(
        conversation=conversations.get(number, owner=owner, workspace=workspace),
        messages=conversations.messages(number, owner=owner, workspace=workspace),
    )


def write(number: int, out: Path, form: str, *, owner: str, workspace: Path) -> Exported:
    """Write a conversation to a file; raises UnknownNameError, FileRejectedError."""
    found = transcript(number, owner=owner, workspace=workspace)
    text = markdown(found) if form == "markdown" else notebook(found)
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(out)) from None
    return Exported(conversation=number, format=form, file=str(out), messages=len(found.messages))


def markdown(found: Transcript) -> str:
    """Write a conversation as Markdown."""
    parts = [f"# {found.conversation.title or 'Conversation'}"]
    for message in found.messages:
        state = "" if message.status == "complete" else f" ({message.status})"
        parts += [f"## {_TITLES[message.role]}{state}", prose_markdown(message.text.strip())]
        parts += [appendix(message)] if message.citations or message.tools else []
    return "\n\n".join(part for part in parts if part) + "\n"


def appendix(message: Message) -> str:
    """List the places that a message cites, each with its line, and what was run for it."""
    lines = [f"[{item.number}] {item.label}: `{_line(item.evidence.text)}`  " for item in message.citations]
    lines += [f"- ran `{command(run)}`: {run.state}" for run in message.tools]
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split()).replace("`", "'")


def command(run: ToolRun) -> str:
    """Write a run as it is typed on a command line."""
    from netguru.operations.operation import operations

    item = operations.get(run.name)
    words = [run.name]
    for name, value in run.arguments.items():
        known = item is not None and any(p.name == name and p.positional for p in item.parameters)
        words += [str(value)] if known else [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def notebook(found: Transcript) -> str:
    """Write a conversation as a notebook of format 4.5, without outputs."""
    cells = [_cell("markdown", f"# {found.conversation.title or 'Conversation'}"), _cell("code", "%load_ext netguru")]
    for message in found.messages:
        # What stands between two dollars of a configuration is no formula.
        text = f'<div class="tex2jax_ignore mathjax_ignore">\n\n{prose_markdown(message.text.strip())}\n\n</div>'
        cells.append(_cell("markdown", f"## {_TITLES[message.role]}\n\n{text}"))
        cells += [_cell("code", f"%netguru {command(run)}") for run in message.tools if run.state == "done"]
        if message.citations:
            cells.append(_cell("markdown", appendix(message)))
    for place, cell in enumerate(cells):
        cell["id"] = f"cell-{place}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    plain = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": _FORMAT, "nbformat_minor": _MINOR}
    return json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def _cell(kind: str, source: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    return {**cell, "execution_count": None, "outputs": []} if kind == "code" else cell
