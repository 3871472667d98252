"""What the operations on documents return."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One passage found: `text` is the stored text of `source` from `start` to `end` (characters from 0, end excluded).

    `line_start` and `line_end` are lines of the source, counted from 1; `score` orders the passages of one search.
    """

    source: str
    heading: str
    start: int
    end: int
    score: float
    text: str
    collection: str
    sha256: str
    title: str
    kind: str
    line_start: int
    line_end: int
    page: int | None
    language: str
    licence: str | None
    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    trust: str | None = None
    """`shipped`, `curated`, `recognised` or `stated` (data/corpus/README.md); None when no manifest knows it."""

    @property
    def place(self) -> str:
        """Name the page, or the lines of the source."""
        return _place(self.page, self.line_start, self.line_end)


def _place(page: int | None, first: int, last: int) -> str:
    if page is not None:
        return f"page {page}"
    return f"line {first}" if first == last else f"lines {first}-{last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passages(Result):
    """The passages that fit a question best, best first; `likely` says how likely they answer it (0 to 1)."""

    schema: ClassVar[str] = "netguru.rag.search/1"
    primary: ClassVar[str] = "passages"
    quiet: ClassVar[tuple[str, ...]] = ("passages",)

    question: str
    language: str
    passages: tuple[Passage, ...]
    likely: float
    status: str
    method: str
    expansions: tuple[str, ...]
    coverage: Coverage

    def figure(self) -> str:
        """List the passages, each of which opens, everything escaped."""
        from netguru.rag.views import listed

        return listed(self.passages)

    def plain_figure(self) -> str:
        """List the passages with their first lines."""
        from netguru.rag.views import listed_plain

        return listed_plain(self.passages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested(Result):
    """What an ingest did: documents by what happened to them, passages written, vectors made."""

    schema: ClassVar[str] = "netguru.rag.ingest/1"

    collection: str
    root: str
    added: int
    changed: int
    unchanged: int
    removed: int
    passages: int
    embedded: int
    embedder: str
    damaged: tuple[str, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionStatus:
    """One collection: what it holds, and how far its vectors are."""

    collection: str
    folder: str
    documents: int
    passages: int
    bytes: int
    roots: tuple[str, ...]
    formats: dict[str, int]
    languages: dict[str, int]
    embedder: str
    vectors: int
    missing: int
    notes: tuple[str, ...] = ()
    sets: dict[str, int] = field(default_factory=dict)
    """Documents by the set of the manifest that they belong to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus(Result):
    """The collections, the embedder in force and how passages are searched."""

    schema: ClassVar[str] = "netguru.rag.status/1"
    primary: ClassVar[str] = "collections"

    collections: tuple[CollectionStatus, ...]
    embedder: str
    embedders: tuple[str, ...]
    vectors: str
    method: str
    elsewhere: tuple[str, ...] = ()
    """Curated documents that are not here, each with its licence and how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed(Result):
    """How many documents and passages were taken out of a collection."""

    schema: ClassVar[str] = "netguru.rag.remove/1"

    collection: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View(Result):
    """A place in a document: the quotation with the text around it, which presentations show with the mark on it."""

    schema: ClassVar[str] = "netguru.rag.view/1"
    quiet: ClassVar[tuple[str, ...]] = ("before", "quote", "after", "title", "page")

    source: str
    title: str
    heading: str
    sha256: str
    start: int
    end: int
    line_start: int
    line_end: int
    page: int | None
    before: str
    quote: str
    after: str

    @property
    def place(self) -> str:
        """Name the page, or the lines of the passage that the quotation stands in."""
        return _place(self.page, self.line_start, self.line_end)

    def figure(self) -> str:
        """Draw the text with the quotation marked, everything escaped."""
        from netguru.rag.views import head_of, marked

        return marked(self.before, self.quote, self.after, head_of(self.title, self.heading, self.place))

    def plain_figure(self) -> str:
        """Write the text with a bar before every line that the quotation touches."""
        text = f"{self.before}{self.quote}{self.after}"
        first = self.before.count("\n")
        last = first + self.quote.removesuffix("\n").count("\n")
        rows = text.strip("\n").split("\n")
        left = len(text) - len(text.lstrip("\n"))
        return "\n".join(
            f"{'>' if first <= number <= last else ' '} {row}".rstrip() for number, row in enumerate(rows, left)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure over a group of questions, with its 95 % interval by resampling."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupScores:
    """The measures of one group of questions (a language, or a kind in a language)."""

    group: str
    questions: int
    recall_5: Measure
    recall_2000_tokens: Measure
    mrr_10: Measure
    ndcg_10: Measure


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalPoint:
    """What a threshold on `likely` would refuse, as shares of the questions."""

    threshold: float
    false_refusals: float
    refused_unanswerable: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionScore:
    """How one question went: the place of the first right passage (0: not among the first ten) and the status given."""

    id: str
    language: str
    kind: str
    answerable: bool
    place: int
    relevant: int
    likely: float
    status: str
    extract_holds_answer: bool
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerScores:
    """How a model answered: its claims and quotations before they were verified, and what was given in the end.

    `claim_support` is the share of claims with a quotation that was found and no fact that the passages lack,
    `quotes_verified` that of quotations found where the model said; `citation_precision` the share of citations that
    lie in a right passage, over questions with an answer. `instead` questions were answered without the model.
    """

    model: str
    questions: int
    instead: int
    claims: int
    claim_support: float
    quotes: int
    quotes_verified: float
    citation_precision: float
    refused_unanswerable: float
    false_refusals: float
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Result):
    """The measures of retrieval and refusal on a set of questions."""

    schema: ClassVar[str] = "netguru.rag.evaluate/1"
    primary: ClassVar[str] = "groups"
    quiet: ClassVar[tuple[str, ...]] = ("questions",)

    method: str
    groups: tuple[GroupScores, ...]
    refusal_auc: float
    refused_unanswerable: float
    false_refusals: float
    refused_at_5_percent: float
    refusal_curve: tuple[RefusalPoint, ...]
    extract_holds_answer: float
    citations: int
    citations_verified: int
    latency_ms_p50: float
    latency_ms_p95: float
    questions: tuple[QuestionScore, ...]
    coverage: Coverage
    notes: tuple[str, ...] = field(default=())
    answers: AnswerScores | None = None
    """What a model's answers are worth, where one was asked."""
