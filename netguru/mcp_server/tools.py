"""What a foreign assistant may call, and a call's result as the chat's own model would see it: short, fenced, numbered.

Nothing here knows the protocol; `serving` puts it into the protocol's messages.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.chat.events import TurnContext
from netguru.chat.ledger import Ledger
from netguru.chat.running import Ran, run
from netguru.chat.scope import inside
from netguru.errors import InputError, UnknownNameError
from netguru.llm.fencing import Fence
from netguru.operations.context import CancelToken
from netguru.operations.operation import operations
from netguru.operations.schema import tool_schema
from netguru.redact import redact

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from netguru.model.evidence import Evidence
    from netguru.operations.operation import Operation


def limit(name: str) -> int:
    """Give a limit of the server."""
    return int(resources.table("mcp.toml")["limits"][name])


def words(name: str) -> str:
    """Give a text of the server."""
    return str(resources.table("mcp.toml")["texts"][name])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A result as text between marks, and its evidence by places alone.

    What a device said stands in the text only: a client may hand either to its model.
    """

    text: str
    structured: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The operations of one server, run about one folder."""

    folder: Path
    write: bool = False
    tools: dict[str, Operation] = field(init=False)

    def __post_init__(self) -> None:
        left_out = resources.table("mcp.toml")["tools"]["without"]
        effects = ("read", "write") if self.write else ("read",)
        object.__setattr__(
            self,
            "tools",
            {
                name.replace(".", "_"): item
                for name, item in operations.items()
                if "tool" not in item.without and name not in left_out and item.effect_of({}) in effects
            },
        )

    def schema(self, item: Operation) -> dict[str, Any]:
        """Describe a tool; where nothing may be written there are no output paths."""
        made = tool_schema(item, approved=self.write)
        return {**made, "description": item.doc.split("\n\nArgs:", 1)[0]}

    def writes(self, item: Operation) -> bool:
        """Say whether some call of a tool may write."""
        return item.effect != "read" and (self.write or item.effect_of({}) != "read")

    def context(self) -> TurnContext:
        """Make the surroundings of one call."""
        return TurnContext(
            folder=self.folder, workspace=self.folder, roots=(self.folder,), owner="mcp", cancel=CancelToken()
        )

    async def call(
        self, name: str, stated: Mapping[str, Any], told: Callable[[float, float, str], Awaitable[None]]
    ) -> Answered:
        """Run a tool and tell its progress; cancelling the caller stops the operation.

        Raises what the operation raises, UnknownNameError for a tool that is not offered, FileRejectedError for a
        path outside of the folder, InputError for what would write where only reading is allowed.
        """
        item = self.tools.get(name)
        if item is None:
            raise UnknownNameError("tool", name, self.tools)
        arguments = {key: self._placed(item.parameter(key).coerce(value)) for key, value in stated.items()}
        if item.effect_of(arguments) not in (("read", "write") if self.write else ("read",)):
            raise InputError(words("read_only").format(name=item.name))
        result: Any = None
        async for event in run("call", item.name, arguments, self.context()):
            if isinstance(event, Ran):
                result = event.result
            elif event.state == "progress":
                await told(event.done or 0, event.total or 0, event.summary)
        # In a thread: a large result takes a while, and the server goes on listening.
        return await asyncio.to_thread(_answered, item, stated, arguments, result)

    def _placed(self, value: Any) -> Any:
        if isinstance(value, Path):
            return inside(self.folder / value, (self.folder,))
        return [self._placed(part) for part in value] if isinstance(value, list) else value


def fenced(text: str) -> str:
    """Put a text between marks that nothing inside can know, without its secrets, and say what that means."""
    return f"{words('fenced')}\n{Fence().around(redact(text).text)}"


def _answered(item: Operation, stated: Mapping[str, Any], arguments: Mapping[str, Any], result: Any) -> Answered:
    ledger = Ledger()
    root = next((value for value in arguments.values() if isinstance(value, Path)), None)
    text = ledger.take(item.name, stated, result, limit("result"), root)
    places = [_place(entry.number, entry.evidence) for entry in ledger.entries]
    return Answered(text=fenced(text), structured={"operation": item.name, "evidence": places})


def _place(number: int, evidence: Evidence) -> dict[str, Any]:
    place = replace(evidence, source=redact(evidence.source).text, text="").to_dict()
    place.pop("text", None)
    return {"number": number, **place}
