"""The offline router: without any model a question is answered by the operations and passages that fit it.

What it says is what operations returned, each statement with the numbers of its places, plainly labelled.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.chat.arguments import NothingToLookAtError, calls
from netguru.chat.engines import OFFLINE, engines
from netguru.chat.entities import Entities, read_entities
from netguru.chat.events import Cited, Delta, Outcome, Tool
from netguru.chat.inventory import rules
from netguru.chat.placing import source_within
from netguru.chat.routing import Route, routes
from netguru.chat.running import Ran, run
from netguru.chat.scope import Scope, scope_of
from netguru.chat.selecting import about, evidence_in, fitting, places, summary_of, whole
from netguru.chat.wording import (
    code,
    coverage_lines,
    finding_block,
    others_block,
    plain,
    table_block,
    texts,
    understood,
)
from netguru.diagnosis.explanation import Why
from netguru.errors import NetGuruError, OperationCancelled
from netguru.model.answer import Answer
from netguru.model.coverage import Coverage
from netguru.redact import redact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from netguru.chat.events import Event, Question, TurnContext
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.store.conversation_results import AnswerStatus

_DOCUMENTS = "rag.ask"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Understood:
    """A question as the router sees it."""

    named: Entities
    scope: Scope
    routes: tuple[Route, ...]
    language: str


@dataclass(slots=True)
class _Progress:
    """What an answer consists of by now."""

    said: dict[str, str]
    cited: int = 0
    answered: int = 0
    partly: bool = False
    coverage: Coverage | None = None
    calls: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def status(self) -> AnswerStatus:
        """Judge the answer: grounded where places prove it, partial where something did not fit."""
        if not self.answered:
            return "not_found"
        return "partial" if self.partly else "grounded"

    def next_call(self) -> str:
        """Name the next run."""
        self.calls += 1
        return str(self.calls)


class OfflineEngine:
    """Answer by routing; always ready."""

    name = OFFLINE

    def ready(self, context: TurnContext) -> bool:
        """Need nothing."""
        del context
        return True

    def answer(self, question: Question, context: TurnContext) -> AsyncIterator[Event]:
        """Route the question, run what fits, and quote documents."""
        return answered(question, context)


async def answered(question: Question, context: TurnContext, *, cited: int = 0, calls: int = 0) -> AsyncIterator[Event]:
    """Answer behind another engine that has cited so many places and made so many calls.

    What results say is shown without secrets: its pieces are whole paragraphs.
    """
    async for event in _answered(question, context, cited=cited, calls=calls):
        yield replace(event, text=redact(event.text).text) if isinstance(event, Delta) else event


async def _answered(question: Question, context: TurnContext, *, cited: int, calls: int) -> AsyncIterator[Event]:
    read = await context.run(_understand, question, context)
    state = _Progress(said=texts(read.language), cited=cited, calls=calls)
    yield Delta(text=state.said["label"] + "\n\n")
    heard = understood(read.named, state.said)
    if heard:
        yield Delta(text=heard + "\n\n")
    pasted = [item.name for item in question.attachments if item.path is None]
    if pasted:
        state.partly = True
        yield Delta(text=state.said["texts"].format(names=", ".join(map(code, pasted))) + "\n\n")
    best = read.routes[0]
    if best.score < rules("route")["enough"]:
        best = _default(read)
    if best.operation != _DOCUMENTS:
        async for event in _routed(best, question, read, context, state):
            yield event
    if not state.answered or _asks_documents(best, read):
        async for event in _documents(question, context, state, alone=best.operation == _DOCUMENTS):
            yield event
    others = _others(best, read, state)
    if others:
        yield Delta(text=others + "\n")
    yield Outcome(
        status=state.status,
        fallback="; ".join([state.said["fallback"], *state.notes]),
        coverage=state.coverage,
    )


def _understand(question: Question, context: TurnContext) -> _Understood:
    from netguru.rag.language import detect

    scope = scope_of(question, context)
    named = read_entities(question.text, scope.stock)
    return _Understood(
        named=named, scope=scope, routes=routes(question.text, named), language=detect(question.text, default="en")
    )


def _asks_documents(best: Route, read: _Understood) -> bool:
    """Say whether a question that an operation answered is one for the documents nearly as much."""
    least = rules("route")["close"] * best.score
    return any(item.operation == _DOCUMENTS and item.score > 0 and item.score >= least for item in read.routes)


def _default(read: _Understood) -> Route:
    """A question that names something of the network is about its health; any other one is for the documents."""
    about_network = read.named.any or bool(read.named.topics) or read.scope.attached
    return Route(operation="diagnosis.run" if about_network else _DOCUMENTS, score=0.0)


async def _routed(
    route: Route, question: Question, read: _Understood, context: TurnContext, state: _Progress
) -> AsyncIterator[Event]:
    try:
        made = await context.run(calls, route, question.text, read.named, read.scope)
    except NothingToLookAtError as missing:
        values = {key: str(value) for key, value in missing.values.items()}
        yield Delta(text=state.said[missing.text].format(**values) + "\n\n")
        return
    runs = str(route.row.get("runs", route.operation))
    for arguments in made:
        if len(made) > 1:
            paths = [
                source_within("", value, context.folder) for value in arguments.values() if isinstance(value, Path)
            ]
            looked = ", ".join(code(path).strip("`") for path in paths)
            yield Delta(text=state.said["scope"].format(path=looked, operation=route.operation) + "\n\n")
        async for event in _one(runs, arguments, read.named, context, state):
            yield event
    if runs != route.operation:
        yield Delta(text=state.said["writes"].format(operation=route.operation) + "\n\n")


async def _one(
    operation: str, arguments: Mapping[str, Any], named: Entities, context: TurnContext, state: _Progress
) -> AsyncIterator[Event]:
    """Run one operation and tell what of its result fits the question."""
    call, result = state.next_call(), None
    try:
        async for event in run(call, operation, arguments, context):
            if isinstance(event, Tool):
                yield event
            else:
                result = event.result
    except OperationCancelled:
        raise
    except NetGuruError as error:
        state.partly = True
        yield Tool(call=call, name=operation, state="failed", summary=str(error))
        yield Delta(text=state.said["failed"].format(operation=operation, error=code(str(error))) + "\n\n")
        return
    root = next((value for value in arguments.values() if hasattr(value, "is_dir")), None)
    findings = getattr(result, "findings", None)
    covered = getattr(result, "coverage", None)
    state.coverage = covered if isinstance(covered, Coverage) else state.coverage
    if isinstance(result, Why):
        events = _told_why(result, named, root, state)
    elif findings is None:
        events = _told_table(operation, arguments, about(result, named), root, state)
    else:
        events = _told_findings(operation, findings, named, root, state)
    yield Tool(call=call, name=operation, state="done", summary=summary_of(result))
    for told in events:
        yield told
    unread = coverage_lines(covered, state.said)
    if unread:
        yield Delta(text=unread + "\n\n")


def _told_findings(
    operation: str, findings: tuple[Finding, ...], named: Entities, root: Path | None, state: _Progress
) -> Iterable[Event]:
    fit = fitting(findings, named)
    shown = fit[: int(rules("shown")["findings"])]
    state.answered += bool(shown)
    state.partly = state.partly or bool(named.unknown)
    if not shown:
        yield Delta(text=state.said["no_finding"].format(operation=operation, total=len(findings)) + "\n\n")
    else:
        said = state.said["finding_one" if len(shown) == 1 else "findings"]
        yield Delta(text=said.format(shown=len(shown), total=len(findings)) + "\n\n")
    yield from _told_blocks(shown, root, state)
    others = [item for item in findings if item not in fit]
    if not shown and others:
        yield Delta(text=others_block(others, state.said) + "\n\n")


def _told_blocks(findings: Iterable[Finding], root: Path | None, state: _Progress) -> Iterable[Event]:
    for finding in findings:
        numbers = []
        for evidence in places(finding.evidence):
            state.cited += 1
            numbers.append(state.cited)
            yield Cited(number=state.cited, evidence=evidence, root=root)
        yield Delta(text=finding_block(finding, numbers, state.said) + "\n\n")


def _told_why(why: Why, named: Entities, root: Path | None, state: _Progress) -> Iterable[Event]:
    """Tell the sentence that answers, then its findings or else its places, then what would tell more."""
    state.answered += why.status != "cannot tell"
    state.partly = state.partly or bool(named.unknown) or why.status == "cannot tell"
    numbers = []
    if not why.findings:
        for evidence in places(why.evidence):
            state.cited += 1
            numbers.append(state.cited)
            yield Cited(number=state.cited, evidence=evidence, root=root)
    yield Delta(text=" ".join((plain(why.answer), *(f"[{number}]" for number in numbers))) + "\n\n")
    yield from _told_blocks(why.findings, root, state)
    if why.collect and why.status == "cannot tell":
        told = "\n".join(f"- {plain(text)}" for text in why.collect)
        yield Delta(text=f"{state.said['collect']}\n\n{told}\n\n")


def _told_table(
    operation: str, arguments: Mapping[str, Any], result: Any, root: Path | None, state: _Progress
) -> Iterable[Event]:
    state.answered += 1
    first = state.cited + 1
    inside: tuple[Evidence, ...] = places(evidence_in(result)) or (whole(operation, arguments, result),)
    for evidence in inside:
        state.cited += 1
        yield Cited(number=state.cited, evidence=evidence, root=root)
    yield Delta(text=table_block(operation, result, state.said, first) + "\n\n")


async def _documents(
    question: Question, context: TurnContext, state: _Progress, *, alone: bool
) -> AsyncIterator[Event]:
    """Quote the documents: what they say when nothing else answers, beside it only what surely fits."""
    call, found = state.next_call(), None
    try:
        async for event in run(call, _DOCUMENTS, {"question": question.text}, context):
            if isinstance(event, Ran):
                found = event.result
            else:
                yield event
    except OperationCancelled:
        raise
    except NetGuruError as error:
        yield Tool(call=call, name=_DOCUMENTS, state="failed", summary=str(error))
        state.notes.append(str(error))
        return
    assert isinstance(found, Answer)  # noqa: S101 - what the operation returns
    yield Tool(call=call, name=_DOCUMENTS, state="done", summary=found.status)
    for told in _told_passages(found, state, alone=alone):
        yield told


def _told_passages(found: Answer, state: _Progress, *, alone: bool) -> Iterable[Event]:
    wanted = found.status == "grounded" or (alone and found.status == "partial")
    if wanted and found.citations:
        state.answered += 1
        state.partly = state.partly or found.status == "partial"
        lines = [state.said["passages"]]
        for evidence in found.citations[: int(rules("shown")["passages"])]:
            state.cited += 1
            yield Cited(number=state.cited, evidence=evidence)
            quoted = "\n".join(f"> {row}" for row in evidence.text.replace("```", "'''").split("\n"))
            lines += ["", f"[{state.cited}] {code(evidence.source)}", "", quoted]
        yield Delta(text="\n".join(lines) + "\n\n")
    elif alone:
        searched = int(found.usage.get("searched", 0))
        said = state.said["no_passages"].format(passages=searched) if searched else state.said["no_documents"]
        yield Delta(text=said + "\n\n")


def _others(best: Route, read: _Understood, state: _Progress) -> str:
    """Name further operations: those that fit nearly as well, or all that come near where nothing answered."""
    limits = rules("route")
    least = 0.0 if not state.answered else limits["close"] * best.score
    near = [item for item in read.routes if item.score > least and item.operation != best.operation]
    if not near or (state.answered and not best.score):
        return ""
    lines = [state.said["nearest" if state.answered else "nothing"], ""]
    from netguru.operations.operation import find

    return "\n".join(
        [*lines, *(f"- `{item.operation}`: {find(item.operation).summary}" for item in near[: int(limits["others"])])]
    )


engines.register(OFFLINE, OfflineEngine())
