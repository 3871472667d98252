"""NetGuru's operations as tools of the agent: inside the turn's roots, with the user's word for all but reading."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.chat.agent_choosing import few
from netguru.chat.agent_prompt import limits, words
from netguru.chat.entities import read_entities
from netguru.chat.events import Approval, Tool
from netguru.chat.running import Ran, run
from netguru.chat.scope import inside, scope_of
from netguru.chat.selecting import fitting, summary_of
from netguru.chat.turn import words_of
from netguru.errors import NetGuruError, OperationCancelled
from netguru.logs import logger
from netguru.model.coverage import Coverage
from netguru.operations.operation import operations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.tools import BaseTool

    from netguru.chat.drafting import Draft
    from netguru.chat.entities import Entities
    from netguru.chat.events import Question, TurnContext
    from netguru.llm.fencing import Fence
    from netguru.operations.operation import Operation


def offered() -> tuple[Operation, ...]:
    """Give the operations that are tools: those with that face, but for the table's exceptions."""
    left_out = resources.table("chat", "agent.toml")["tools"]["without"]
    return tuple(item for name, item in operations.items() if "tool" not in item.without and name not in left_out)


@cache
def described() -> tuple[tuple[Operation, dict[str, Any]], ...]:
    """Give the tools with their schemas, made once; output paths are offered, who names one is asked for approval."""
    from netguru.operations.schema import tool_schema

    return tuple((item, tool_schema(item, approved=True)) for item in offered())


@dataclass(slots=True, kw_only=True)
class Toolbox:
    """Run tools for one turn."""

    context: TurnContext
    draft: Draft
    fence: Fence
    question: Question
    few: bool = False
    _named: Entities | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tools(self) -> list[BaseTool]:
        """Give the tools in LangChain's form: all, or the few that fit the question."""
        from langchain_core.tools import StructuredTool

        made: list[BaseTool] = []
        names = [item.name for item, _ in described()]
        chosen = few(self.question, self.context, names) if self.few else names
        for item, schema in described():
            if item.name not in chosen:
                continue
            tool = StructuredTool(
                name=schema["name"],
                description=schema["description"],
                args_schema=schema["parameters"],
                coroutine=self._runner(item),
            )
            made.append(tool)
        return made

    def _runner(self, item: Operation) -> Any:
        async def call(**arguments: Any) -> str:
            return await self._called(item, arguments)

        return call

    async def _called(self, item: Operation, stated: Mapping[str, Any]) -> str:
        """Run a tool and give its result in fences; what goes wrong is told to the model, which can do better."""
        call = self.draft.next_run()
        if self.draft.runs > limits()["tool_calls"]:
            return words("enough")
        try:
            arguments = self._arguments(item, stated)
            if not await self._allowed(call, item, arguments):
                self.draft.tell(Tool(call=call, name=item.name, state="cancelled", arguments=_shown(arguments)))
                return words("refused")
            return self.fence.around(await self._ran(call, item, arguments, stated))
        except OperationCancelled:
            raise
        except NetGuruError as error:
            return self._failed(call, item, stated, error)
        except Exception as error:  # noqa: BLE001 - a mistake in one operation does not end the answer
            logger(__name__).error("tool.failed", operation=item.name, exc_info=error)
            return self._failed(call, item, stated, error)

    def _failed(self, call: str, item: Operation, stated: Mapping[str, Any], error: Exception) -> str:
        told = words_of(error)
        self.draft.tell(Tool(call=call, name=item.name, state="failed", arguments=_shown(stated), summary=told))
        return self.fence.around(f"error: {told}")

    def _arguments(self, item: Operation, stated: Mapping[str, Any]) -> dict[str, Any]:
        """Bring what the model stated to the operation's types, every path inside the roots."""
        made = {}
        for name, value in stated.items():
            made[name] = self._placed(item.parameter(name).coerce(value))
        return made

    def _placed(self, value: Any) -> Any:
        if isinstance(value, Path):
            return inside(self.context.folder / value, self.context.roots)
        return [self._placed(part) for part in value] if isinstance(value, list) else value

    def _ordered(self, result: Any) -> Any:
        """Put the findings that fit the question first: what is cut is the rest."""
        found = getattr(result, "findings", None)
        if not found or not isinstance(found, tuple):
            return result
        if self._named is None:
            self._named = read_entities(self.question.text, scope_of(self.question, self.context).stock)
        fit = fitting(found, self._named) if self._named.any or self._named.topics else ()
        ids = {id(item) for item in fit}
        return replace(result, findings=(*fit, *(item for item in found if id(item) not in ids)))

    async def _allowed(self, call: str, item: Operation, arguments: Mapping[str, Any]) -> bool:
        effect = item.effect_of(arguments)
        if effect == "read":
            return True
        self.draft.tell(Approval(call=call, name=item.name, arguments=_shown(arguments), effect=effect))
        return await self.context.approved(call)

    async def _ran(self, call: str, item: Operation, arguments: Mapping[str, Any], stated: Mapping[str, Any]) -> str:
        result: Any = None
        async for event in run(call, item.name, arguments, self.context):
            if isinstance(event, Ran):
                result = event.result
            else:
                self.draft.tell(event)
        result = await self.context.run(self._ordered, result)
        covered = getattr(result, "coverage", None)
        self.draft.coverage = covered if isinstance(covered, Coverage) else self.draft.coverage
        root = next((value for value in arguments.values() if isinstance(value, Path)), None)
        # One after the other, in a thread: a large result takes a while, and numbers are given in order.
        async with self._turn:
            text = await asyncio.to_thread(
                self.draft.ledger.take, item.name, stated, result, limits(few=self.few)["result"], root
            )
        self.draft.tell(Tool(call=call, name=item.name, state="done", summary=summary_of(result)))
        return text


def _shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in arguments.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, Path) else value
