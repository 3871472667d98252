"""The question sets of `data/questions`: their form, their halves, and that the documents hold what they claim."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from netguru.rag.evaluating import read_questions

ROOT = Path(__file__).resolve().parents[2]
SETS = {half: ROOT / "data" / "questions" / f"{half}.jsonl" for half in ("tuning", "test")}
DOCS = ROOT.parent / "shared" / "data" / "docs"
SAMPLES = ROOT.parent / "shared" / "data" / "rag" / "questions.jsonl"
FOLDERS = {"batfish", "frr", "gobgp", "openconfig", "rfc", "sonic", "sonic-cli", "srlinux", "vyos"}
KINDS = {"factual", "howto", "paraphrase", "syntax", "troubleshooting", "unanswerable"}
FIELDS = {"id", "lang", "kind", "question", "answerable", "sources", "answer", "answer_tokens"}
# How far from the line of a source its words may stand when the section is shorter than that.
NEAR = 40
# Two questions that share this much of their words would be one question, asked twice.
ALIKE = 0.6

needs_documents = pytest.mark.skipif(
    not DOCS.is_dir(), reason="the documents of the questions (../shared/data/docs) are not here"
)
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_file(), reason="the shared sample questions (../shared/data/rag) are not here"
)


def rows(file: Path) -> list[dict]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


HALVES = {half: rows(file) for half, file in SETS.items()}
ALL = [row for half in HALVES.values() for row in half]
SOURCES = [(row, source) for row in ALL for source in row["sources"]]


def folder(row: dict) -> str:
    return row["sources"][0]["file"].split("/")[0] if row["sources"] else "(none)"


def numbers() -> str:
    """Give the table of numbers for the README."""
    views = {
        "all": lambda _: "all",
        "language": lambda row: row["lang"],
        "kind": lambda row: row["kind"],
        "language and kind": lambda row: f"{row['lang']} {row['kind']}",
        "folder of the first source": folder,
    }
    lines = ["| by | | tuning | test |", "|---|---|---|---|"]
    for title, view in views.items():
        tuning, test = (Counter(view(row) for row in half) for half in HALVES.values())
        lines += [f"| {title} | {name} | {tuning[name]} | {test[name]} |" for name in sorted(tuning | test)]
    files = len({source["file"] for _, source in SOURCES})
    return "\n".join([*lines, "", f"Files named as sources: {files}."])


def words(question: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", question.lower()))


@cache
def lines_of(name: str) -> list[str]:
    return (DOCS / name).read_text("utf-8", errors="replace").split("\n")


def plain(text: str) -> str:
    return " ".join(text.lower().split())


@cache
def titles(name: str) -> dict[int, str]:
    """Give every line of a document as a heading would read: no marks, one kind of space."""
    return {number: " ".join(line.strip("# \f\r").split()) for number, line in enumerate(lines_of(name), 1)}


@pytest.mark.parametrize("half", HALVES)
def test_the_evaluation_reads_them(half):
    assert len(read_questions(SETS[half])) == len(HALVES[half])


@pytest.mark.parametrize("row", ALL, ids=lambda row: row["id"])
def test_form(row):
    assert set(row) == FIELDS
    assert row["lang"] in {"en", "pt"}
    assert row["kind"] in KINDS
    assert row["answerable"] == (row["kind"] != "unanswerable") == bool(row["sources"]) == bool(row["answer_tokens"])
    assert row["question"].strip() == row["question"] != ""
    assert row["answer"].strip() == row["answer"] != ""


def test_ids_and_questions_are_unique():
    assert len({row["id"] for row in ALL}) == len(ALL)
    assert len({plain(row["question"]) for row in ALL}) == len(ALL)


def test_there_are_enough_of_each():
    assert len(ALL) >= 240
    assert sum(row["lang"] == "pt" for row in ALL) >= 80
    assert sum(row["kind"] == "unanswerable" for row in ALL) >= 50
    assert sum(row["kind"] == "syntax" for row in ALL) >= 40
    assert {source["file"].split("/")[0] for _, source in SOURCES} == FOLDERS


@pytest.mark.parametrize(
    "of", [lambda row: row["lang"], lambda row: row["kind"], lambda row: (row["lang"], row["kind"])]
)
def test_halves_are_alike(of):
    tuning, test = (Counter(of(row) for row in half) for half in HALVES.values())
    for name in tuning | test:
        assert abs(tuning[name] - test[name]) <= 4, name


def test_no_section_is_asked_about_in_both_halves():
    tuning, test = (
        {(row["sources"][0]["file"], row["sources"][0]["heading"]) for row in half if row["sources"]}
        for half in HALVES.values()
    )
    assert not tuning & test


def test_no_question_of_one_half_is_much_like_one_of_the_other():
    for left in HALVES["tuning"]:
        for right in HALVES["test"]:
            shared, joined = (
                words(left["question"]) & words(right["question"]),
                words(left["question"] + " " + right["question"]),
            )
            assert len(shared) < ALIKE * len(joined), (left["id"], right["id"])


@needs_samples
def test_no_shared_sample_is_among_them():
    for sample in rows(SAMPLES):
        for row in ALL:
            shared = words(sample["question"]) & words(row["question"])
            assert len(shared) < ALIKE * len(words(sample["question"] + " " + row["question"])), (
                sample["id"],
                row["id"],
            )


@needs_documents
@pytest.mark.parametrize(
    "source", [pytest.param(source, id=f"{row['id']}-{source['line']}") for row, source in SOURCES]
)
def test_source_exists(source):
    named = titles(source["file"])
    above = [number for number, title in named.items() if title == source["heading"] and number <= source["line"]]
    assert above, "the heading stands nowhere above the line"
    assert named[source["line"]], "the line is empty"


@needs_documents
@pytest.mark.parametrize("row", [row for row in ALL if row["answerable"]], ids=lambda row: row["id"])
def test_answer_tokens_stand_by_a_source(row):
    near = []
    for source in row["sources"]:
        named = titles(source["file"])
        start = max(
            number for number, title in named.items() if title == source["heading"] and number <= source["line"]
        )
        first = max(0, min(start, source["line"] - NEAR) - 1)
        near.append(plain("\n".join(lines_of(source["file"])[first : source["line"] + NEAR])))
    for token in row["answer_tokens"]:
        assert any(plain(token) in text for text in near), token


def test_the_readme_tells_the_numbers():
    assert numbers() in (ROOT / "data" / "questions" / "README.md").read_text("utf-8")
