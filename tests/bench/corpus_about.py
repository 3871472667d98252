"""What the context of a configuration is worth: `python tests/bench/corpus_about.py QUESTIONS [FOLDER]`.

Every answerable question is asked by words without a context, in the context of the system that its sources are about,
and in two wrong ones; once as written, once without the names of products. Choose on the tuning half, report on the
test half.
"""

from __future__ import annotations

import argparse
import os
import re
import tempfile
from dataclasses import replace
from pathlib import Path

os.environ["NETGURU_EMBEDDER"] = "none"

from netguru.operations.context import CancelToken, use
from netguru.rag import corpus
from netguru.rag.about import About
from netguru.rag.evaluating import Question, is_right, read_questions
from netguru.rag.ingesting import ingest
from netguru.rag.retrieve import Options, retrieve

ROOT = Path(__file__).resolve().parents[2]
SETS = {item.name: item for item in corpus.sets() if item.product}
ABSENT = About(vendors=frozenset({"juniper"}), products=frozenset({"junos"}), titles=("Junos",))
_NAMES = "|".join([*sorted({re.escape(item.product) for item in SETS.values()}), "FRR", "SRL", "Nokia", "pybatfish"])
_NAMED = re.compile(rf"\b(?:(?:in|on|with|of|for|the|a|no|na|em|do|da|com|o)\s+)?(?:{_NAMES})\b", re.IGNORECASE)


def quiet(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


def about(name: str) -> About:
    item = SETS[name]
    return About(
        vendors=frozenset({item.vendor.lower()}), products=frozenset({item.product.lower()}), titles=(item.product,)
    )


def right(question: Question) -> About | None:
    folders = [source.file.partition("/")[0] for source in question.sources]
    return next((about(name) for name in folders if name in SETS), None)


def row(questions: list[Question], context: str) -> str:
    chosen = {"none": None, "frr for all": about("frr"), "a system without documents": ABSENT}
    recall = reciprocal = first = 0.0
    for question in questions:
        meant = right(question) if context == "right" else chosen[context]
        found = retrieve(question.text, 10, Options(collection="local", meaning=False, about=meant)).found
        marks = [is_right(item.passage, question) for item in found]
        recall += any(marks[:5])
        reciprocal += 1 / (marks.index(True) + 1) if any(marks) else 0
        first += marks[:1] == [True]
    count = len(questions)
    return f"| {context} | {recall / count:.3f} | {reciprocal / count:.3f} | {first / count:.3f} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT.parent / "shared/data/docs")
    stated = parser.parse_args()
    asked = [item for item in read_questions(stated.questions) if item.answerable]
    with tempfile.TemporaryDirectory() as folder, use(workspace=Path(folder)):
        ingest(stated.folder, "local", quiet, CancelToken())
        for title, questions in (
            ("as written", asked),
            ("without the names of products", [replace(item, text=_NAMED.sub("", item.text)) for item in asked]),
        ):
            print(f"{title}, {len(questions)} questions\n")
            print("| context | recall@5 | MRR@10 | first right |\n|---|---|---|---|")
            for context in ("none", "right", "frr for all", "a system without documents"):
                print(row(questions, context))
            print()


if __name__ == "__main__":
    main()
