"""Compare words, meaning and their fusions on one set of questions, over vectors that are made once.

    python tests/bench/rag_fusion.py QUESTIONS [FOLDER] --index DIR

The index is kept in DIR, so that a second run embeds nothing but the questions. A Markdown table with 95 % intervals
by resampling. Choose on the tuning half (`--grid`), report on the test half (without it).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.pop("NETGURU_EMBEDDER", None)

from netguru import resources
from netguru.operations.context import CancelToken, use
from netguru.rag import embedders
from netguru.rag.evaluating import Question, evaluate, read_questions
from netguru.rag.ingesting import ingest
from netguru.rag.results import Evaluation, Measure
from netguru.rag.retrieve import Options

ROOT = Path(__file__).resolve().parents[2]
WORDS, MEANING = Options(meaning=False), Options(words=False)
ROWS: dict[str, tuple[Options, dict[str, Any]]] = {
    "words, no thesaurus": (Options(meaning=False, thesaurus=0.0), {}),
    "words": (WORDS, {}),
    "meaning": (MEANING, {}),
    "fusion as set": (Options(), {}),
    "fusion, no thesaurus": (Options(thesaurus=0.0), {}),
    "fusion by rank, k = 60, equal": (Options(), {"by": "rank", "k": 60, "dense": 1.0, "command": 1.0}),
    "fusion by rank, k = 60, half": (Options(), {"by": "rank", "k": 60, "dense": 0.5}),
    "fusion by rank, k = 20, half": (Options(), {"by": "rank", "k": 20, "dense": 0.5}),
    "fusion by rank, k = 10, half": (Options(), {"by": "rank", "k": 10, "dense": 0.5}),
}
GRID: dict[str, dict[str, Any]] = {
    **{f"rank, k = {k}, meaning x{dense}": {"by": "rank", "k": k, "dense": dense}
       for k in (10, 20, 60) for dense in (0.25, 0.75, 1.0)},
    **{f"score, meaning x{dense}": {"by": "score", "dense": dense} for dense in (0.2, 0.3, 0.4, 0.6, 0.7, 1.0)},
    "score, commands alike": {"by": "score", "command": 1.0},
}  # fmt: skip


def quiet(done: float, total: float = 0, message: str = "") -> None:
    if message.startswith("vectors") and total and not int(done) % 512:
        print(f"{int(done)} of {int(total)} vectors", file=sys.stderr, flush=True)


@contextmanager
def fusion(**changes: Any) -> Iterator[None]:
    table: dict[str, Any] = resources.table("rag", "retrieval.toml")["fusion"]
    before = dict(table)
    table.update(changes)
    try:
        yield
    finally:
        table.update(before)


@contextmanager
def asked_as_written() -> Iterator[None]:
    """Ask the embedder in the words of the question, whatever their language."""
    from netguru.rag import retrieve

    before = retrieve.asked_of
    retrieve.asked_of = lambda _, query: query.question
    try:
        yield
    finally:
        retrieve.asked_of = before


def cell(item: Measure) -> str:
    return f"{item.value:.3f} ({item.low:.2f}-{item.high:.2f})"


def row(name: str, done: Evaluation) -> str:
    groups = {group.group: group for group in done.groups}
    cells = [name]
    for language in ("en", "pt"):
        group = groups[language]
        cells += [cell(item) for item in (group.recall_5, group.recall_2000_tokens, group.mrr_10, group.ndcg_10)]
    for kind in ("syntax", "factual", "howto", "troubleshooting", "paraphrase"):
        cells.append(" / ".join(f"{groups[f'{language} {kind}'].recall_5.value:.2f}" for language in ("en", "pt")))
    return f"| {' | '.join(cells)} |"


def measure(name: str, questions: list[Question], options: Options) -> Evaluation:
    done = evaluate(questions, options, quiet, CancelToken())
    print(row(name, done), flush=True)
    return done


def remember_questions() -> None:
    """Embed each question once: the rows ask the same ones again."""
    embedder: Any = embedders.load(embedders.chosen_name())
    known: dict[str, list[float]] = {}
    ask = embedder.embed_query

    def remembered(text: str) -> list[float]:
        if text not in known:
            known[text] = ask(text)
        return known[text]

    embedder.embed_query = remembered


def head(questions: list[Question]) -> None:
    counts = {language: sum(item.answerable and item.language == language for item in questions)
              for language in ("en", "pt")}  # fmt: skip
    names = [f"{language} {name}" for language in ("en", "pt")
             for name in ("R@5", "R@2000 tokens", "MRR@10", "nDCG@10")]  # fmt: skip
    kinds = [f"{kind} en / pt" for kind in ("syntax", "factual", "how-to", "trouble", "paraphrase")]
    print(f"{counts['en']} English and {counts['pt']} Portuguese questions with an answer, {len(questions)} in all\n")
    print(f"| search | {' | '.join(names + kinds)} |")
    print("|---" * (1 + len(names) + len(kinds)) + "|", flush=True)


def compare(questions: list[Question], *, grid: bool) -> None:
    head(questions)
    done = None
    for name, (options, changes) in ROWS.items():
        with fusion(**changes):
            made = measure(name, questions, options)
        done = made if name == "fusion as set" else done
    with asked_as_written():
        measure("meaning, asked as written", questions, MEANING)
        measure("fusion, asked as written", questions, Options())
    if grid:
        for name, changes in GRID.items():
            with fusion(**changes):
                measure(name, questions, Options())
    assert done is not None
    print(
        f"\nrefused of the unanswerable {done.refused_unanswerable:.2f}, false refusals {done.false_refusals:.3f}, "
        f"area {done.refusal_auc:.3f}; quotations hold the answer {done.extract_holds_answer:.2f}; "
        f"p50 {done.latency_ms_p50:.0f} ms, p95 {done.latency_ms_p95:.0f} ms"
    )
    words = evaluate(questions, WORDS, quiet, CancelToken())
    print(
        f"words alone: refused {words.refused_unanswerable:.2f}, false refusals {words.false_refusals:.3f}, "
        f"area {words.refusal_auc:.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", type=Path)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data" / "docs")
    parser.add_argument("--index", type=Path, required=True, help="where the index is kept")
    parser.add_argument("--grid", action="store_true", help="also weights and k, for choosing")
    stated = parser.parse_args()
    questions = read_questions(stated.questions)
    with use(workspace=stated.index):
        ingest(stated.folder.resolve(), "local", quiet, CancelToken())
        remember_questions()
        compare(questions, grid=stated.grid)


if __name__ == "__main__":
    main()
