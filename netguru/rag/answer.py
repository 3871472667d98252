"""An answer without a language model: the three passages that fit best, quoted, each at its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru import resources
from netguru.model.answer import Answer
from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.rag import tokens
from netguru.render.clean import line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.index import Stored
    from netguru.rag.query import Query
    from netguru.rag.retrieve import Found, Retrieval

_GAP = re.compile(r"\n[ \t]*\n")
_NEAREST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The part of a passage that says most about a question; `start` and `end` are offsets in the document."""

    start: int
    end: int
    text: str


def texts(language: str) -> dict[str, str]:
    """Give the sentences of answers in a language, in English where there are none."""
    table = resources.table("rag", "texts.toml")
    chosen: dict[str, str] = table.get(language, table["en"])
    return chosen


def answer(retrieval: Retrieval) -> Answer:
    """Answer with what was found: quotations labelled as such, or a plain refusal."""
    said = texts(retrieval.query.language)
    table = resources.table("rag", "retrieval.toml")["answer"]
    best = retrieval.found[: int(table["passages"])]
    if retrieval.status == "not_found" or not best:
        return _refusal(retrieval, said)
    extracts = [extract(item.passage, retrieval.query, int(table["quote"])) for item in best]
    lines = [said["passages" if retrieval.status == "grounded" else "partial"]]
    for number, (item, part) in enumerate(zip(best, extracts, strict=True), 1):
        lines += ["", f"[{number}] {place(item.passage, said)}", *(f"> {row}" for row in part.text.split("\n"))]
    return Answer(
        question=retrieval.query.question,
        text="\n".join(lines),
        status=retrieval.status,
        citations=tuple(cite(item.passage, part) for item, part in zip(best, extracts, strict=True)),
        usage={"passages": len(best), "searched": retrieval.searched},
        fallback="; ".join([said["fallback"], *retrieval.notes]),
    )


def _refusal(retrieval: Retrieval, said: dict[str, str]) -> Answer:
    lines = [said["not_found"].format(passages=retrieval.searched) if retrieval.searched else said["empty"]]
    near = dict.fromkeys(_section(item) for item in retrieval.found[:_NEAREST])
    if near:
        lines += ["", said["nearest"], *(f"- {section}" for section in near)]
    return Answer(
        question=retrieval.query.question,
        text="\n".join(lines),
        status="not_found",
        citations=(),
        usage={"passages": 0, "searched": retrieval.searched},
        fallback="; ".join([said["fallback"], *retrieval.notes]),
    )


def _section(item: Found) -> str:
    return line(f"{item.passage.source}: {item.passage.heading}")


def place(passage: Stored, said: dict[str, str]) -> str:
    """Name the place of a passage on one line, whatever its file is called: source, heading, page or lines."""
    where = said["lines"].format(start=passage.line_start, end=passage.line_end)
    if passage.page is not None:
        where = said["page"].format(page=passage.page)
    return line(f"{passage.source}, {passage.heading}, {where}")


def cite(passage: Stored, part: Extract) -> Evidence:
    """Make the citation of an extract: it stands in the stored text from `start` to `end` (from 0, end excluded)."""
    return Evidence(
        source=passage.source, sha256=passage.sha256, kind="passage", start=part.start, end=part.end, text=part.text
    )


def extract(passage: Stored, query: Query, limit: int = QUOTATION_LIMIT) -> Extract:
    """Choose the part of a passage to quote: the blocks around the one that names most of the question.

    A quotation ends at a line's end where it can; it is always the stored text, unchanged.
    """
    blocks = list(_blocks(passage.text))
    if not blocks:
        return Extract(start=passage.start, end=passage.end, text=passage.text)
    wanted = _wanted(query)
    scores = [_score(passage.text[start:end], wanted) for start, end in blocks]
    best = max(range(len(blocks)), key=lambda position: (scores[position], -position))
    first = last = best
    while True:
        # What follows explains a command; what stands before introduces it.
        after = last + 1 < len(blocks) and blocks[last + 1][1] - blocks[first][0] <= limit
        before = first > 0 and blocks[last][1] - blocks[first - 1][0] <= limit
        if after and (not before or scores[last + 1] >= scores[first - 1]):
            last += 1
        elif before:
            first -= 1
        else:
            break
    start, end = blocks[first][0], blocks[last][1]
    if end - start > limit:
        start, end = _cut(passage.text, start, end, limit, wanted)
    return Extract(start=passage.start + start, end=passage.start + end, text=passage.text[start:end])


def _wanted(query: Query) -> dict[str, float]:
    weights: dict[str, float] = {}
    for concept in query.concepts:
        for item in concept.alternatives:
            for word in item.words:
                weights[word] = max(weights.get(word, 0.0), item.weight)
    return weights


def _score(text: str, wanted: dict[str, float]) -> float:
    return sum(wanted[word] for word in set(tokens.words(text)) if word in wanted)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Give the paragraphs of a passage: what blank lines part, without the space around it."""
    start = 0
    for gap in [*_GAP.finditer(text), None]:
        end = gap.start() if gap else len(text)
        piece = text[start:end]
        # A first line keeps its indentation: it tells what belongs to what in a configuration.
        left = len(piece) - len(piece.lstrip("\n"))
        if piece.strip():
            yield start + left, start + len(piece.rstrip())
        start = gap.end() if gap else end


def _cut(text: str, start: int, end: int, limit: int, wanted: dict[str, float]) -> tuple[int, int]:
    """Take the run of lines of a long block that names most of the question and keeps the limit."""
    borders = [start, *(start + found.end() for found in re.finditer(r"\n", text[start:end])), end]
    best, chosen = -1.0, (start, min(start + limit, end))
    for position, left in enumerate(borders[:-1]):
        right = max((border for border in borders[position + 1 :] if border - left <= limit), default=left + limit)
        score = _score(text[left:right], wanted)
        if score > best:
            best, chosen = score, (left, min(right, end))
    left, right = chosen
    return left, left + len(text[left:right].rstrip())
