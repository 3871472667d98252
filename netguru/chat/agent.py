"""The agent: a language model that calls NetGuru's operations and cites what they returned; its answer is verified.

Models fail over in order, the last of them to the offline router; what happened is said in the answer.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netguru.chat import offline
from netguru.chat.agent_choosing import small
from netguru.chat.agent_prompt import conversation, limits, notes, system
from netguru.chat.agent_tools import Toolbox
from netguru.chat.drafting import Draft
from netguru.chat.engines import engines
from netguru.chat.events import Outcome
from netguru.chat.ledger import Ledger
from netguru.chat.spending import allowance, price
from netguru.chat.verifying import footnote, verify
from netguru.errors import InputError, NetGuruError, ServiceError
from netguru.llm.choosing import choices
from netguru.llm.fencing import Fence
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from langchain.agents.middleware.types import InputAgentState
    from langchain_core.runnables import RunnableConfig

    from netguru.chat.events import Event, Question, TurnContext
    from netguru.llm.choosing import Choice

AGENT = "agent"


class AgentEngine:
    """Answer with a language model, where one is named."""

    name = AGENT

    def ready(self, context: TurnContext) -> bool:
        """Say whether the user's options or the settings name a model."""
        return bool(_model(context))

    def prepare(self, context: TurnContext) -> None:
        """Load what answers need, which takes seconds the first time."""
        with suppress(NetGuruError):
            _parts().load(_chosen(context))

    async def answer(self, question: Question, context: TurnContext) -> AsyncIterator[Event]:
        """Yield the agent's events; when no model answers, those of the offline router behind them."""
        draft = Draft(ledger=Ledger())
        said = notes(await context.run(_language, question.text))
        work = asyncio.ensure_future(_work(question, context, draft, said))
        work.add_done_callback(lambda _: draft.events.put_nowait(None))
        try:
            while (event := await draft.events.get()) is not None:
                yield event
            try:
                await work
            except (ServiceError, InputError) as error:
                draft.say_apart(f"> {said['offline'].format(error=error.message)}\n\n")
                while not draft.events.empty():
                    event = draft.events.get_nowait()
                    if event is not None:
                        yield event
                async for event in _offline(question, context, draft, error):
                    yield event
        finally:
            await _stopped(work)


async def _offline(
    question: Question, context: TurnContext, draft: Draft, error: ServiceError | InputError
) -> AsyncIterator[Event]:
    failed = "; ".join(dict.fromkeys([*draft.failures, error.message]))
    async for event in offline.answered(question, context, cited=draft.cited, calls=draft.runs):
        if isinstance(event, Outcome):
            yield replace(event, usage=dict(draft.usage), fallback=f"{failed}; {event.fallback}")
        else:
            yield event


async def _stopped(work: asyncio.Task[None]) -> None:
    """End the work before the caller goes on, however often a library loses the cancel."""
    while not work.done():
        work.cancel()
        await asyncio.wait({work}, timeout=_AGAIN_S)
    with suppress(asyncio.CancelledError, Exception):
        work.result()


_AGAIN_S = 0.05


async def _work(question: Question, context: TurnContext, draft: Draft, said: Mapping[str, str]) -> None:
    """Run the agent to its end, then verify what it said; raises ServiceError, InputError."""
    fence = Fence()

    def prepared() -> tuple[Any, ...]:
        chosen = _chosen(context)
        few = small(chosen[0])
        told = conversation(question, context, draft.ledger, fence, few=few)
        # Loading LangChain takes a second.
        return chosen, allowance(context), price(context), _parts(), few, told

    # In one thread: a loop with other work goes on meanwhile, and with many questions each change is another wait.
    chosen, budget, cost, parts, few, messages = await context.run(prepared)
    models = parts.Models(chosen, draft, budget, cost, said)
    stopped = ""
    try:
        toolbox = Toolbox(context=context, draft=draft, fence=fence, question=question, few=few)
        await _agent(parts, models, messages, toolbox)
    except parts.LimitReachedError:
        stopped = said["stopped"]
    finally:
        await models.close()
    found = await asyncio.to_thread(verify, draft.written, draft.ledger, question.text)
    if marks := "\n".join(part for part in (footnote(found, said), f"> {stopped}" if stopped else "") if part):
        draft.say_apart(marks)
    draft.outcome("partial" if stopped and found.status == "grounded" else found.status)


async def _agent(parts: Any, models: Any, messages: list[tuple[str, str]], toolbox: Toolbox) -> None:
    from langchain.agents import create_agent
    from langchain.agents.middleware import ClearToolUsesEdit, ContextEditingMiddleware

    from netguru.llm.outgoing import untraced

    most = limits()
    clear = ClearToolUsesEdit(
        trigger=settings().model_call_tokens * most["clear_percent"] // 100, keep=most["clear_keep"]
    )
    with untraced():
        agent = create_agent(
            models.first,
            tools=await toolbox.context.run(toolbox.tools),
            system_prompt=system(toolbox.fence, few=toolbox.few),
            middleware=[ContextEditingMiddleware(edits=[clear]), models],
        )
        # Two steps of the graph for every call of the model.
        steps = 2 * most["model_calls"] + 5
        config: RunnableConfig = {"callbacks": [parts.Listening(toolbox.draft)], "recursion_limit": steps}
        stated: InputAgentState = {"messages": [{"role": role, "content": text} for role, text in messages]}
        await agent.ainvoke(stated, config)


def _parts() -> Any:
    from netguru.chat import agent_models

    return agent_models


def _language(text: str) -> str:
    from netguru.rag.language import detect

    return detect(text, default="en")


def _model(context: TurnContext) -> str:
    """Give the model that the options of the question, else the settings, name."""
    model, provider = str(context.options.get("model") or ""), str(context.options.get("provider") or "")
    return (
        f"{provider}:{model}"
        if model and provider and not model.startswith(f"{provider}:")
        else model or settings().model
    )


def _chosen(context: TurnContext) -> tuple[Choice, ...]:
    return choices(_model(context), url=str(context.options.get("base_url") or ""), key=context.options.get("key"))


engines.register(AGENT, AgentEngine())
