"""Measuring retrieval and refusal on a set of questions whose sources are known.

A passage is right for a question when it is of a file that the question names and either covers the line at which the
evidence starts or holds every answer token. The ideal of the discounted gain counts all right passages of the index.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError, InputError
from netguru.model.coverage import Coverage, Gap
from netguru.rag import chunks, metrics
from netguru.rag.answer import answer
from netguru.rag.answering import ASKED, by_model, named
from netguru.rag.beginning import answer_budget
from netguru.rag.grounding import GroundedAnswer
from netguru.rag.index import open_all
from netguru.rag.results import AnswerScores, Evaluation, GroupScores, Measure, QuestionScore, RefusalPoint
from netguru.rag.retrieve import Options, retrieve
from netguru.rag.views import holds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from netguru.llm.choosing import Choice
    from netguru.model.answer import Answer
    from netguru.model.evidence import Evidence
    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.index import Stored
    from netguru.rag.retrieve import Retrieval

_BUDGET = 2000
_DEPTH = 10
_TAIL = 50
_FALSE_REFUSALS = 0.05
_MARKUP = re.compile(r"[`*]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a question's evidence starts."""

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a set."""

    id: str
    language: str
    kind: str
    text: str
    answerable: bool
    sources: tuple[Source, ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    question: Question
    relevant: tuple[bool, ...]
    lengths: tuple[int, ...]
    total: int
    retrieval: Retrieval
    answer: Answer
    extract: bool
    seconds: float
    by_model: Answer | None = None
    right_citations: int = 0


def options_for(collection: str, method: str, *, thesaurus: bool) -> Options:
    """Bring the arguments of the operation to the options of a search."""
    return Options(
        collection="" if collection == "all" else collection,
        thesaurus=1.0 if thesaurus else 0.0,
        words=method in ("auto", "words"),
        meaning=method != "words",
        server=method == "server",
    )


def read_questions(file: Path) -> list[Question]:
    """Read a set of questions, one JSON object a line; raises InputError with the line that is wrong."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise FileRejectedError("does not exist", place=str(file)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FileRejectedError(f"cannot be read: {error}", place=str(file)) from None
    found = [_question(line, f"{file} line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise FileRejectedError("holds no question", place=str(file))
    return found


def _question(line: str, place: str) -> Question:
    try:
        row: dict[str, Any] = json.loads(line)
        sources = tuple(
            Source(file=str(item["file"]), line=int(item.get("line", 0))) for item in row.get("sources", [])
        )
        answerable = bool(row.get("answerable", True))
        made = Question(
            id=str(row.get("id", place)),
            language=str(row.get("lang", "und")),
            kind=str(row.get("kind", "")),
            text=str(row["question"]),
            answerable=answerable,
            sources=sources,
            tokens=tuple(str(item) for item in row.get("answer_tokens", [])),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"has no {error}" if isinstance(error, KeyError) else str(error)
        raise InputError(f"is no question: {reason}", place=place) from None
    if answerable and not sources:
        raise InputError("is answerable and names no source", place=place)
    return made


def plain(text: str) -> str:
    """Bring a text to what it says: no marks of markup, one kind of space, lower case."""
    return " ".join(_MARKUP.sub("", text).lower().split())


def holds_all(text: str, wanted: Sequence[str]) -> bool:
    """Say whether a text holds every token, each as a whole word; no token is nothing to hold.

    >>> holds_all("The default is 30 seconds", ["30"]), holds_all("port 3000", ["30"]), holds_all("x", [])
    (True, False, False)
    """
    said = plain(text)
    return bool(wanted) and all(re.search(rf"(?<![\w.]){re.escape(plain(token))}(?!\w)", said) for token in wanted)


def is_right(passage: Stored, question: Question) -> bool:
    """Say whether a passage is right for a question."""
    sources = [item for item in question.sources if item.file == passage.source]
    covers = any(passage.line_start <= item.line <= passage.line_end for item in sources)
    return covers or (bool(sources) and holds_all(passage.text, question.tokens))


def evaluate(
    questions: list[Question], options: Options, progress: Progress, cancel: CancelToken, model: str = ""
) -> Evaluation:
    """Ask every question and measure; questions whose files are not indexed are counted, not asked.

    With a model its answers are measured too; the measures of passages stay those of the question as it stands.
    """
    chosen = named(model) if model else ()
    indexes = open_all(options.collection)
    if not indexes:
        raise InputError("nothing is indexed", hint="run rag.ingest with the folder of the documents")
    outcomes: list[_Outcome] = []
    missing: list[str] = []
    for position, question in enumerate(questions):
        cancel.check()
        progress(position, len(questions), question.id)
        held = [item for index in indexes for source in question.sources for item in index.passages_of(source.file)]
        if question.answerable and not held:
            missing.append(question.id)
            continue
        asked = _ask(question, options, sum(is_right(item, question) for item in dict.fromkeys(held)))
        outcomes.append(_answered(asked, options, chosen) if chosen else asked)
    done = _evaluation(outcomes, questions, missing)
    return replace(done, answers=_answers(outcomes, chosen[0].name)) if chosen else done


def _ask(question: Question, options: Options, total: int) -> _Outcome:
    begin = time.perf_counter()
    retrieval = retrieve(question.text, _TAIL, options)
    seconds = time.perf_counter() - begin
    given = answer(retrieval)
    extracts = " ".join(item.text for item in given.citations)
    return _Outcome(
        question=question,
        relevant=tuple(is_right(item.passage, question) for item in retrieval.found),
        lengths=tuple(chunks.tokens(item.passage.text) for item in retrieval.found),
        total=total,
        retrieval=retrieval,
        answer=given,
        extract=holds_all(extracts, question.tokens),
        seconds=seconds,
    )


def _answered(outcome: _Outcome, options: Options, chosen: Sequence[Choice]) -> _Outcome:
    """Let a model answer from what it would be given when the question is asked."""
    budgeted = replace(options, budget=answer_budget())
    given = by_model(retrieve(outcome.question.text, ASKED, budgeted), chosen, budgeted)
    right = sum(_cites_right(item, outcome.question) for item in given.citations)
    return replace(outcome, by_model=given, right_citations=right)


def _cites_right(citation: Evidence, question: Question) -> bool:
    """Say whether a citation touches a passage that is right for its question."""
    passages = (item for index in open_all("") for item in index.passages_of(citation.source))
    near = (item for item in passages if item.start < citation.end and citation.start < item.end)
    return any(is_right(item, question) for item in near)


def _answers(outcomes: list[_Outcome], model: str) -> AnswerScores:
    given = [(item, item.by_model) for item in outcomes if item.by_model is not None]
    written = [(item, one) for item, one in given if isinstance(one, GroundedAnswer)]
    claims = sum(len(one.claims) + one.dropped for _, one in written)
    supported = sum(not claim.unsupported for _, one in written for claim in one.claims)
    quotes = sum(one.quotes for _, one in written)
    answerable = [(item, one) for item, one in written if item.question.answerable]
    cited = sum(len(one.citations) for _, one in answerable)
    refused = [(item.question.answerable, float(one.status == "not_found")) for item, one in given]
    return AnswerScores(
        model=model,
        questions=len(given),
        instead=len(given) - len(written),
        claims=claims,
        claim_support=_share(supported, claims),
        quotes=quotes,
        quotes_verified=_share(sum(one.quotes_verified for _, one in written), quotes),
        citation_precision=_share(sum(item.right_citations for item, _ in answerable), cited),
        refused_unanswerable=metrics.mean([value for answerable, value in refused if not answerable]),
        false_refusals=metrics.mean([value for answerable, value in refused if answerable]),
        tokens=sum(int(one.usage.get("total_tokens", 0)) for _, one in given),
    )


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _evaluation(outcomes: list[_Outcome], questions: list[Question], missing: list[str]) -> Evaluation:
    asked = [item for item in outcomes if item.question.answerable]
    refusable = [item for item in outcomes if not item.question.answerable]
    curve = _curve([item.retrieval.likely for item in asked], [item.retrieval.likely for item in refusable])
    cited = [(item, citation) for item in outcomes for citation in item.answer.citations]
    gaps = (
        (Gap(reason="none of its files is indexed", count=len(missing), places=tuple(missing[:5])),) if missing else ()
    )
    return Evaluation(
        method=outcomes[0].retrieval.method if outcomes else "",
        groups=_groups(asked),
        refusal_auc=metrics.separation([_likely(item) for item in asked], [_likely(item) for item in refusable]),
        refused_unanswerable=metrics.mean([float(_refused(item)) for item in refusable]),
        false_refusals=metrics.mean([float(_refused(item)) for item in asked]),
        refused_at_5_percent=max(
            (point.refused_unanswerable for point in curve if point.false_refusals <= _FALSE_REFUSALS), default=0.0
        ),
        refusal_curve=curve,
        extract_holds_answer=metrics.mean([float(item.extract) for item in asked]),
        citations=len(cited),
        citations_verified=sum(holds(citation) for _, citation in cited),
        latency_ms_p50=1000 * metrics.percentile([item.seconds for item in outcomes], 0.5),
        latency_ms_p95=1000 * metrics.percentile([item.seconds for item in outcomes], 0.95),
        questions=tuple(_score(item) for item in outcomes),
        coverage=Coverage(unit="questions", total=len(questions), read=len(questions) - len(missing), gaps=gaps),
        notes=tuple(dict.fromkeys(note for item in outcomes for note in item.retrieval.notes)),
    )


def _likely(item: _Outcome) -> float:
    return item.retrieval.likely


def _refused(item: _Outcome) -> bool:
    return item.answer.status == "not_found"


def _groups(asked: list[_Outcome]) -> tuple[GroupScores, ...]:
    """Measure by language, and by kind within each."""
    names: dict[str, Callable[[_Outcome], bool]] = {}
    for language in sorted({item.question.language for item in asked}):
        names[language] = lambda item, language=language: item.question.language == language  # type: ignore[misc]  # a default binds the name
        for kind in sorted({item.question.kind for item in asked if item.question.language == language}):
            names[f"{language} {kind}"] = lambda item, wanted=(language, kind): (  # type: ignore[misc]  # as above
                (item.question.language, item.question.kind) == wanted
            )
    return tuple(_group(name, [item for item in asked if inside(item)]) for name, inside in names.items())


def _group(name: str, items: list[_Outcome]) -> GroupScores:
    return GroupScores(
        group=name,
        questions=len(items),
        recall_5=_measure([metrics.recall_at(item.relevant, 5) for item in items]),
        recall_2000_tokens=_measure([metrics.recall_within(item.relevant, item.lengths, _BUDGET) for item in items]),
        mrr_10=_measure([metrics.reciprocal_rank(item.relevant, _DEPTH) for item in items]),
        ndcg_10=_measure([metrics.gain_at(item.relevant, item.total, _DEPTH) for item in items]),
    )


def _measure(values: list[float]) -> Measure:
    low, high = metrics.interval(values)
    return Measure(value=round(metrics.mean(values), 4), low=round(low, 4), high=round(high, 4))


def _curve(asked: list[float], refusable: list[float]) -> tuple[RefusalPoint, ...]:
    """Tell what each threshold on the coverage would refuse."""
    return tuple(
        RefusalPoint(
            threshold=step / 20,
            false_refusals=metrics.mean([float(value < step / 20) for value in asked]),
            refused_unanswerable=metrics.mean([float(value < step / 20) for value in refusable]),
        )
        for step in range(21)
    )


def _score(item: _Outcome) -> QuestionScore:
    first = item.retrieval.found[0].passage if item.retrieval.found else None
    place = next((number for number, hit in enumerate(item.relevant[:_DEPTH], 1) if hit), 0)
    return QuestionScore(
        id=item.question.id,
        language=item.question.language,
        kind=item.question.kind,
        answerable=item.question.answerable,
        place=place,
        relevant=item.total,
        likely=round(item.retrieval.likely, 4),
        status=item.answer.status,
        extract_holds_answer=item.extract,
        first=f"{first.source}: {first.heading}" if first else "",
    )
