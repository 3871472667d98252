"""Compare ways to search by words on one set of questions: `python tests/bench/rag_variants.py QUESTIONS [FOLDER]`.

One table row a variant: recall@5, recall@2000 tokens, MRR@10 and nDCG@10 in English and Portuguese, recall@5 by kind,
and how well refusal tells answerable from unanswerable. Choose on the tuning half, report on the test half.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["NETGURU_EMBEDDER"] = "none"

from netguru.operations.context import CancelToken, use
from netguru.rag import lexical, tokens
from netguru.rag.evaluating import Question, evaluate, read_questions
from netguru.rag.ingesting import ingest
from netguru.rag.query import parse
from netguru.rag.results import Evaluation
from netguru.rag.retrieve import Options
from netguru.rag.writing import writing

ROOT = Path(__file__).resolve().parents[2]
WORDS: dict[str, dict[str, Any]] = {
    "base": {},
    "no headings": {"heading": 0.0},
    "headings x2": {"heading": 2.0},
    "no place": {"place": 0.0, "scope": 0.0},
    "no scope": {"scope": 0.0},
    "scope 1": {"scope": 1.0},
    "scope 4": {"scope": 4.0},
    "no adjacency": {"adjacency": 0.0},
    "adjacency x3": {"adjacency": 0.9},
    "k1 0.9, b 0.4": {"k1": 0.9, "b": 0.4},
    "k1 1.6, b 0.75": {"k1": 1.6, "b": 0.75},
    "b 0.3": {"b": 0.3},
    "candidates 1000": {"candidates": 1000, "common": 0.5},
    "names 0": {"names": 0.0},
    "names 0.7": {"names": 0.7},
}
_ENDINGS = tokens._ENDINGS


def quiet(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


@contextmanager
def patched(place: object, name: str, value: object) -> Iterator[None]:
    before = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, before)


@contextmanager
def words_by(rules: str) -> Iterator[None]:
    """Make the words of the index and of questions by other rules."""
    names: dict[str, Callable[[str], Any]] = {
        "no stemming": lambda word: word,
        "plurals alone": lambda word: tokens._singular(word) if len(word) > 3 and word.isalpha() else word,
    }
    made = {"stem": names[rules]} if rules in names else {"_JOINTS": tokens.re.compile(r"$^")}
    (name, value), *_ = made.items()
    with patched(tokens, name, value), patched(tokens, "VERSION", rules):
        renew()
        yield
    renew()


def renew() -> None:
    tokens.forms.cache_clear()
    with writing("local"):
        pass


def row(name: str, done: Evaluation) -> str:
    groups = {group.group: group for group in done.groups}
    cells = [f"{name:<22}"]
    for language in ("en", "pt"):
        group = groups.get(language)
        if group:
            measures = (group.recall_5, group.recall_2000_tokens, group.mrr_10, group.ndcg_10)
            cells.append(f"{language} " + " ".join(f"{item.value:.3f}" for item in measures))
    kinds = [
        f"{group.group.split()[1]} {group.recall_5.value:.2f}" for group in done.groups if group.group.startswith("en ")
    ]
    cells += [", ".join(kinds), f"auc {done.refusal_auc:.3f} refused@5% {done.refused_at_5_percent:.2f}"]
    return " | ".join(cells)


def measure(name: str, questions: list[Question], options: Options | None = None) -> Evaluation:
    done = evaluate(questions, options or Options(meaning=False), quiet, CancelToken())
    print(row(name, done), flush=True)
    return done


def compare(questions: list[Question]) -> None:
    base = lexical.weights()
    for name, changes in WORDS.items():
        chosen = replace(base, **changes)
        with patched(lexical, "weights", lambda chosen=chosen: chosen):
            measure(name, questions)
    for factor in (0.0, 0.5, 0.75):
        measure(f"thesaurus x{factor}", questions, Options(meaning=False, thesaurus=factor))
    for rules in ("no stemming", "plurals alone", "no parts"):
        with words_by(rules):
            measure(rules, questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "data" / "docs")
    parser.add_argument("--misses", action="store_true", help="list the questions whose passages are not among five")
    stated = parser.parse_args()
    questions = read_questions(stated.questions)
    with tempfile.TemporaryDirectory() as name, use(workspace=Path(name)):
        ingest(stated.folder.resolve(), "local", quiet, CancelToken())
        if stated.misses:
            misses(questions)
        else:
            compare(questions)


def misses(questions: list[Question]) -> None:
    done = measure("base", questions)
    text = {question.id: question for question in questions}
    for score in done.questions:
        if score.answerable and not 1 <= score.place <= 5:
            asked = text[score.id]
            named = ", ".join(f"{source.file}:{source.line}" for source in asked.sources)
            concepts = " ".join(concept.text for concept in parse(asked.text, asked.language).concepts)
            print(f"{score.id} {asked.kind} {asked.text}\n  wanted {named}; place {score.place}; first {score.first}\n"
                  f"  concepts {concepts}")  # fmt: skip


if __name__ == "__main__":
    main()
