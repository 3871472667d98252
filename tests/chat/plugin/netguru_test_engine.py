"""An engine of a third party: its answer is the question's words, and some of them are commands."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from netguru.chat.engines import engines
from netguru.chat.events import Approval, Cited, Delta, Outcome, Tool
from netguru.errors import ServiceDownError
from netguru.model.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from netguru.chat.events import Event, Question, TurnContext

EVIDENCE = Evidence(source="r1.cfg", sha256="0" * 64, kind="line", start=1, end=1, text="hostname r1")


class ScriptedEngine:
    """Do what the words of a question say: stall, fail, crash, tool, cite, approve; any other word is said."""

    name = "scripted"

    def ready(self, context: TurnContext) -> bool:
        return context.options.get("provider") == "scripted"

    async def answer(self, question: Question, context: TurnContext) -> AsyncIterator[Event]:
        for word in question.text.split():
            if word == "stall":
                await asyncio.Event().wait()
            elif word == "fail":
                raise ServiceDownError("the provider does not answer")
            elif word == "crash":
                raise RuntimeError("sk-secret-of-a-mistake")
            elif word == "tool":
                yield Tool(call="1", name="pcap.check", state="started", arguments={"file": "a.pcap"})
                yield Tool(call="1", name="pcap.check", state="progress", done=1, total=2)
                yield Tool(call="1", name="pcap.check", state="done", summary="3 findings")
            elif word == "cite":
                yield Cited(number=1, evidence=EVIDENCE, root=context.folder)
            elif word == "approve":
                yield Approval(call="2", name="files.remove", arguments={"number": 1}, effect="write")
                allowed = await context.approved("2")
                yield Delta(text="allowed " if allowed else "refused ")
            else:
                yield Delta(text=f"{word} ")
        yield Outcome(status="grounded", model="scripted-1", usage={"input_tokens": 5, "output_tokens": 2})


engines.register("scripted", ScriptedEngine())
