"""An answer by a language model: claims with quotations, each looked for in the passage that it names.

Nothing that the model says is believed: a claim none of whose quotations stands in its passage is left out, a command
or number that the cited passages do not hold is marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru import resources
from netguru.llm.facts import facts, known
from netguru.llm.fencing import Fence
from netguru.model.answer import Answer
from netguru.model.evidence import QUOTATION_LIMIT
from netguru.rag.answer import Extract, cite, place, texts
from netguru.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.llm.asking import Completion, Message
    from netguru.llm.choosing import Choice
    from netguru.model.evidence import Evidence
    from netguru.rag.index import Stored
    from netguru.rag.retrieve import Retrieval

Status = Literal["grounded", "partial", "not_found"]
# References of the model's own; in code they are part of a command.
_OWN = re.compile(r"(`[^`]*`)|[ ]?\[\d{1,4}\]")
_FENCED = re.compile(r"^\s*(?:```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """A quotation as the model gives it: the number of a passage, and words of it."""

    passage: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A claim as the model gives it."""

    text: str
    citations: list[Quoted] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The answer as the model gives it: the form that it is asked for."""

    status: Status
    claims: list[Stated] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A claim with the numbers of its citations, from 1; `unsupported` are its facts that no cited passage holds."""

    text: str
    citations: tuple[int, ...]
    unsupported: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundedAnswer(Answer):
    """An answer that a model wrote, after verification; `dropped` claims had no quotation that was found."""

    schema: ClassVar[str] = "netguru.rag.ask/1"
    markdown: ClassVar[bool] = True

    claims: tuple[Claim, ...] = ()
    dropped: int = 0
    quotes: int = 0
    quotes_verified: int = 0


def notes(language: str) -> dict[str, str]:
    """Give the notes to the user in a language, in English where there are none."""
    table = resources.table("rag", "prompts.toml")["notes"]
    chosen: dict[str, str] = table.get(language, table["en"])
    return chosen


def limits() -> dict[str, int]:
    """Give what is read of a model's answer."""
    table: dict[str, int] = resources.table("rag", "prompts.toml")["limits"]
    return table


def written(retrieval: Retrieval, chosen: Sequence[Choice]) -> tuple[GroundedAnswer, str]:
    """Let a model answer from what was found; the text says why nothing of what it wrote can be given, if so.

    Raises ServiceError when no model answers, OperationCancelled.
    """
    from netguru.llm.asking import complete

    passages = [item.passage for item in retrieval.found]
    done = complete(asked(retrieval, passages, Fence()), chosen=chosen, schema=Drafted)
    made = verified(done.data, passages, retrieval.query.question)
    reason = ""
    if done.data.status != "not_found" and not made.claims:
        reason = notes(retrieval.query.language)["unverified"].format(model=done.model)
    return _answer(retrieval, done, made), reason


def asked(retrieval: Retrieval, passages: Sequence[Stored], fence: Fence) -> list[Message]:
    """Give the messages to the model: the rules, then the passages in fences with the question."""
    from netguru.llm.asking import Message

    table = resources.table("rag", "prompts.toml")["answer"]
    said = texts("en")
    system = table["system"].format(
        open=fence.open,
        close=fence.close,
        least=limits()["least"],
        most=QUOTATION_LIMIT,
        language=table.get(retrieval.query.language, table["und"]),
    )
    # Names of files and headings are as little to be trusted as what stands below them.
    shown = [f"{place(passage, said)}\n\n{passage.text}" for passage in passages]
    blocks = [f"[{number}]\n{fence.around(text)}" for number, text in enumerate(shown, 1)]
    question = table["question"].format(passages="\n\n".join(blocks), question=clean(retrieval.query.question))
    return [Message(role="system", text=system.strip()), Message(role="user", text=question.strip())]


@dataclass(slots=True)
class Verified:
    """What is left of a draft: claims, their citations in order, and what was counted."""

    claims: list[Claim] = field(default_factory=list)
    citations: list[Evidence] = field(default_factory=list)
    dropped: int = 0
    quotes: int = 0
    quotes_verified: int = 0


def verified(draft: Drafted, passages: Sequence[Stored], question: str) -> Verified:
    """Look for every quotation in its passage, and for every command and number in the passages cited."""
    made = Verified()
    for claim in draft.claims[: limits()["claims"]] if draft.status != "not_found" else ():
        text = plain_claim(claim.text)
        found = [(item.passage, part) for item in claim.citations if (part := _part(item, passages))]
        made.quotes += len(claim.citations)
        made.quotes_verified += len(found)
        if not found or not text:
            made.dropped += 1
            continue
        numbers = [_number(made.citations, cite(passages[at - 1], part)) for at, part in found]
        sources = [passages[at - 1] for at in dict.fromkeys(at for at, _ in found)]
        missing = tuple(_missing(text, sources, question))
        made.claims.append(Claim(text=text, citations=tuple(dict.fromkeys(numbers)), unsupported=missing))
    return made


def located(quote: str, text: str) -> tuple[int, int] | None:
    r"""Find a quotation in a text, whole words, whatever space is between them; None when it is not there.

    >>> located("set mtu 1500", "  set  mtu\n 1500;"), located("mtu 150", "mtu 1500"), located(" ", "a b")
    ((2, 16), None, None)
    """
    words = quote.split()
    if not words:
        return None
    first = r"(?<!\w)" if re.match(r"\w", words[0]) else ""
    last = r"(?!\w)" if re.search(r"\w$", words[-1]) else ""
    found = re.search(first + r"\s+".join(map(re.escape, words)) + last, text)
    return found.span() if found else None


def _part(quoted: Quoted, passages: Sequence[Stored]) -> Extract | None:
    if not 1 <= quoted.passage <= len(passages) or len(quoted.quote.strip()) < limits()["least"]:
        return None
    passage = passages[quoted.passage - 1]
    # Models put marks of code around commands; the stored text has none where the document's form was read.
    span = located(quoted.quote, passage.text) or located(quoted.quote.replace("`", ""), passage.text)
    if span is None:
        return None
    start, end = span
    if end - start > QUOTATION_LIMIT:
        # Cut behind a word: what is left is still the stored text.
        cut = passage.text[start : start + QUOTATION_LIMIT + 1]
        end = start + len(cut.rsplit(None, 1)[0][:QUOTATION_LIMIT])
    return Extract(start=passage.start + start, end=passage.start + end, text=passage.text[start:end])


def plain_claim(text: str) -> str:
    """Bring a model's text to what is shown: cleaned, without its own numbers of passages, code blocks closed."""
    rows, fenced = [], False
    for row in clean(text)[: limits()["claim"]].strip().split("\n"):
        if _FENCED.match(row):
            fenced = not fenced
            rows.append(row.strip().replace("~~~", "```"))
        else:
            # Outside of a block, indented text would be shown as code that nobody looked for.
            rows.append(row if fenced else _OWN.sub(lambda found: found[1] or "", row).strip())
    return "\n".join([*rows, *(["```"] if fenced else [])]).strip()


def _number(citations: list[Evidence], evidence: Evidence) -> int:
    if evidence not in citations:
        citations.append(evidence)
    return citations.index(evidence) + 1


def _missing(text: str, sources: Iterable[Stored], question: str) -> Iterable[str]:
    """Give the facts of a claim that neither the passages cited nor the question hold; commands only the passages."""
    held = known("\n\n".join(f"{item.heading}\n{item.text}" for item in sources))
    given = known(question)
    missing = [
        fact.text
        for fact in facts(text, words=1)
        if not held.has(fact) and (fact.kind == "command" or not given.has(fact))
    ]
    return dict.fromkeys(missing)


def _answer(retrieval: Retrieval, done: Completion, made: Verified) -> GroundedAnswer:
    said = notes(retrieval.query.language)
    count = len(retrieval.found)
    lines = [_shown(claim, said) for claim in made.claims] or [said["nothing"].format(passages=count)]
    if made.dropped:
        lines.append(f"> {said['dropped'].format(count=made.dropped, total=made.dropped + len(made.claims))}")
    return GroundedAnswer(
        question=retrieval.query.question,
        text="\n\n".join(lines),
        status=_status(done.data.status, made),
        citations=tuple(made.citations),
        model=done.model,
        usage=_usage(done.usage, retrieval),
        fallback="; ".join(filter(None, [done.fallback, *retrieval.notes])),
        claims=tuple(made.claims),
        dropped=made.dropped,
        quotes=made.quotes,
        quotes_verified=made.quotes_verified,
    )


def _shown(claim: Claim, said: dict[str, str]) -> str:
    marks = "".join(f"[{number}]" for number in claim.citations)
    # Behind a block of code the numbers stand on a line of their own: inside they would be code.
    shown = f"{claim.text}\n\n{marks}" if claim.text.endswith("```") else f"{claim.text} {marks}"
    if not claim.unsupported:
        return shown
    listed = ", ".join("`" + " ".join(item.replace("`", "'").split()) + "`" for item in claim.unsupported)
    return f"{shown}\n\n> {said['unsupported']}: {listed}"


def _status(stated: Status, made: Verified) -> Status:
    if not made.claims:
        return "not_found"
    whole = stated == "grounded" and not made.dropped and not any(claim.unsupported for claim in made.claims)
    return "grounded" if whole else "partial"


def _usage(counted: dict[str, int], retrieval: Retrieval) -> dict[str, Any]:
    return {"passages": len(retrieval.found), "searched": retrieval.searched, **counted}
