"""From a question to passages or an answer, as the operations give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import InputError
from netguru.model.coverage import Coverage, Gap
from netguru.rag.answer import answer
from netguru.rag.index import Filters
from netguru.rag.results import Passage, Passages
from netguru.rag.retrieve import Options, retrieve
from netguru.rag.views import show_passages

if TYPE_CHECKING:
    from netguru.model.answer import Answer
    from netguru.rag.retrieve import Found, Retrieval

_ASKED = 10


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


def answered(question: str, options: Options) -> Answer:
    """Answer a question; raises InputError for an empty one."""
    show_passages()
    return answer(retrieve(_stated(question), _ASKED, options))


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
