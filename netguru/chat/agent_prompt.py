"""What the model is told: the rules, the earlier messages that fit, the question; untrusted text stands in fences."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from netguru import resources
from netguru.chat.scope import inside
from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.render.clean import clean
from netguru.workspace.files import files_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.chat.events import Attachment, Question, TurnContext
    from netguru.chat.ledger import Ledger
    from netguru.llm.fencing import Fence
    from netguru.store.conversation_results import Message

_CITATION = re.compile(r"\[(\d{1,4})\]")


def limits(*, few: bool = False) -> Mapping[str, int]:
    """Give how far the agent may go for one question, with a small model if `few`."""
    table = resources.table("chat", "agent.toml")
    found: Mapping[str, int] = {**table["limits"], **table["few"]} if few else table["limits"]
    return found


def words(name: str) -> str:
    """Give a text of the agent."""
    return str(resources.table("chat", "agent.toml")["prompt"][name])


def notes(language: str) -> Mapping[str, str]:
    """Give the notes to the user in a language, in English where there are none."""
    table = resources.table("chat", "agent.toml")["notes"]
    found: Mapping[str, str] = table.get(language, table["en"])
    return found


def system(fence: Fence, *, few: bool = False) -> str:
    """Give the rules, in short for a small model."""
    return words("few" if few else "system").format(open=fence.open, close=fence.close).strip()


def conversation(
    question: Question, context: TurnContext, ledger: Ledger, fence: Fence, *, few: bool = False
) -> list[tuple[str, str]]:
    """Give the messages to the model as (role, text): earlier ones that fit, the question last.

    Roles take turns and no text is empty, whatever was cancelled before: every provider takes that. Raises
    FileRejectedError for an attached path outside of the roots.
    """
    most = limits(few=few)
    made = [*_earlier(context.history, ledger, most), ("user", _asked(question, context, ledger, fence, most))]
    merged: list[tuple[str, str]] = []
    for role, text in made:
        if merged and merged[-1][0] == role:
            merged[-1] = (role, f"{merged[-1][1]}\n\n{text}")
        else:
            merged.append((role, text))
    return merged


def _earlier(history: Iterable[Message], ledger: Ledger, most: Mapping[str, int]) -> list[tuple[str, str]]:
    """Give the newest messages that fit, the first of them a question; their places get numbers of this turn."""
    left = most["history"]
    kept: list[Message] = []
    for message in reversed([*history]):
        left -= len(message.text)
        if left < 0:
            break
        kept.append(message)
    kept.reverse()
    while kept and kept[0].role != "user":
        kept.pop(0)
    return [(message.role, _retold(message, ledger)) for message in kept]


def _retold(message: Message, ledger: Ledger) -> str:
    if message.role == "user":
        return message.text or words("nothing")
    numbers = {item.number: ledger.keep(item.evidence, item.evidence.text) for item in message.citations}
    text = _CITATION.sub(lambda found: f"[{numbers[int(found[1])]}]" if int(found[1]) in numbers else "", message.text)
    state = "" if message.status == "complete" else words(message.status)
    return "\n\n".join(part for part in (text.strip(), state) if part) or words("nothing")


def _asked(question: Question, context: TurnContext, ledger: Ledger, fence: Fence, most: Mapping[str, int]) -> str:
    parts = [question.text]
    paths = [inside(context.folder / item.path, context.roots) for item in question.attachments if item.path]
    names = [
        str(path.relative_to(context.folder)) if path.is_relative_to(context.folder) else str(path) for path in paths
    ]
    if names:
        parts.append(words("attached").format(names=fence.around("\n".join(names))))
    else:
        parts.append(words("files").format(names=fence.around(_files(context, most["files"]))))
    parts += [_text(item, ledger, fence, most["attachment"]) for item in question.attachments if item.path is None]
    return "\n\n".join(parts)


def _files(context: TurnContext, most: int) -> str:
    names, _, _ = files_below(context.folder)
    shown = names[:most]
    return "\n".join([*shown, *([f"{len(names) - len(shown)} more"] if len(names) > len(shown) else [])])


def _text(item: Attachment, ledger: Ledger, fence: Fence, most: int) -> str:
    """Give a text that the user sent along, numbered like a result: it can be cited."""
    shown = clean(item.text)[:most]
    digest = hashlib.sha256(item.text.encode("utf-8", "surrogatepass")).hexdigest()
    evidence = Evidence(source=item.name, sha256=digest, kind="cell", start=1, end=1, text=shown[:QUOTATION_LIMIT])
    number = ledger.keep(evidence, shown)
    cut = f" ({len(item.text) - len(shown)} characters cut)" if len(item.text) > len(shown) else ""
    return f"[{number}]{cut}\n" + fence.around(f"{item.name}\n{shown}")
