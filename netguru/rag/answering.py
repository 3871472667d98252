"""From a question to passages or an answer, as the operations give them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netguru.errors import InputError, ServiceError
from netguru.model.coverage import Coverage, Gap
from netguru.rag.answer import answer
from netguru.rag.index import Filters
from netguru.rag.results import Passage, Passages
from netguru.rag.retrieve import Options, retrieve
from netguru.rag.views import show_passages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netguru.llm.choosing import Choice
    from netguru.model.answer import Answer
    from netguru.rag.retrieve import Found, Retrieval

ASKED = 10
"""Passages that an answer is made from, at most."""


def searched(collection: str, vendor: str, product: str, version: str, source: str) -> Options:
    """Bring the arguments of an operation to the options of a search."""
    filters = Filters(vendor=vendor, product=product, version=version, source=source)
    return Options(collection="" if collection == "all" else collection, filters=filters)


def passages_of(question: str, limit: int, options: Options) -> Passages:
    """Give the passages for a question; raises InputError for an empty one."""
    if limit < 1:
        raise InputError(f"--limit: {limit} passages are none")
    retrieval = retrieve(_stated(question), limit, options)
    return Passages(
        question=question,
        language=retrieval.query.language,
        passages=tuple(_passage(item) for item in retrieval.found),
        likely=round(retrieval.likely, 4),
        status=retrieval.status,
        method=retrieval.method,
        expansions=tuple(f"{item.term}: {', '.join(item.words)}" for item in retrieval.query.expansions),
        coverage=_coverage(retrieval),
    )


def answered(question: str, options: Options, model: str = "") -> Answer:
    """Answer a question, by a model when one is named; raises InputError for an empty one."""
    show_passages()
    stated = _stated(question)
    retrieval = retrieve(stated, ASKED, options)
    if not model:
        return answer(retrieval)
    try:
        chosen = named(model)
    except ServiceError as error:
        return instead(retrieval, error.message)
    return by_model(retrieval, chosen, options)


def named(model: str) -> tuple[Choice, ...]:
    """Give the models to ask, in order: the one named, or with `auto` that of the settings.

    Raises InputError when the settings name none, UnknownNameError, KeyMissingError.
    """
    from netguru.llm.choosing import choices

    found = choices("" if model == "auto" else model)
    if not found:
        raise InputError("no language model is set", hint="set NETGURU_MODEL, for example openai:NAME or ollama:NAME")
    return found


def by_model(retrieval: Retrieval, chosen: Sequence[Choice], options: Options) -> Answer:
    """Let models answer from what a question found and what its rewriting adds.

    Where nothing that fits was found no model is asked to answer. Models that fail, cost more than is allowed or
    whose quotations are not found are told in the `fallback` of the answer that needs none.
    """
    from netguru.rag.grounding import written
    from netguru.rag.rewriting import rewritten, widened

    if not retrieval.searched:
        return answer(retrieval)
    search = rewritten(retrieval.query.question, chosen)
    wider = widened(retrieval, search.text, ASKED, options)
    if wider.status == "not_found":
        return _with(answer(retrieval), search.usage, search.fallback)
    try:
        made, reason = written(wider, chosen)
    except ServiceError as error:
        return _with(instead(retrieval, error.message), search.usage, search.fallback)
    if reason:
        return _with(instead(retrieval, reason), _sum(search.usage, made.usage), search.fallback)
    return _with(made, search.usage, search.fallback)


def instead(retrieval: Retrieval, reason: str) -> Answer:
    """Give the answer that needs no model, and say why: the documents are still here."""
    made = answer(retrieval)
    return replace(made, fallback=f"{reason}; {made.fallback}")


def _with(made: Answer, usage: Mapping[str, int], fallback: str) -> Answer:
    """Add what models took, and what they missed."""
    told = "; ".join(dict.fromkeys(filter(None, [fallback, made.fallback])))
    return replace(made, usage={**made.usage, **_sum(made.usage, usage)}, fallback=told)


def _sum(*usages: Mapping[str, int]) -> dict[str, int]:
    """Add up tokens; the counts of passages are no tokens."""
    names = dict.fromkeys(name for usage in usages for name in usage if name.endswith("_tokens"))
    return {name: sum(usage.get(name, 0) for usage in usages) for name in names}


def _stated(question: str) -> str:
    if not question.strip():
        raise InputError("the question is empty")
    return question.strip()


def _passage(item: Found) -> Passage:
    stored = item.passage
    return Passage(
        source=stored.source,
        heading=stored.heading,
        start=stored.start,
        end=stored.end,
        score=round(item.score, 6),
        text=stored.text,
        collection=stored.collection,
        sha256=stored.sha256,
        title=stored.title,
        kind=stored.kind,
        line_start=stored.line_start,
        line_end=stored.line_end,
        page=stored.page,
        language=stored.language,
        licence=stored.licence,
        vendor=stored.vendor,
        product=stored.product,
        version=stored.version,
        trust=stored.trust,
    )


def _coverage(retrieval: Retrieval) -> Coverage:
    """State what was searched; nothing indexed is the one gap there can be."""
    if retrieval.searched:
        return Coverage(unit="passages", total=retrieval.searched, read=retrieval.searched, notes=retrieval.notes)
    gap = Gap(reason="nothing is indexed", count=1)
    return Coverage(unit="collections", total=1, read=0, gaps=(gap,), missing=("documents: run rag.ingest",))
