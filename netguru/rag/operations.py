"""Operations on documents: bring them in, search, ask, look at places, measure."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from netguru.errors import InputError
from netguru.model.answer import Answer
from netguru.operations import operation
from netguru.operations.context import CancelToken, Progress
from netguru.rag.results import Evaluation, IndexStatus, Ingested, Passages, Removed, View
from netguru.store.results import Job

_NO_SECTION = "a report quotes documents, it does not change what is indexed"


@operation("rag.ingest", effect="write", without={"report": _NO_SECTION})
def ingest(
    path: Path | None = None,
    *,
    collection: Literal["global", "local"] = "local",
    shipped: bool = False,
    background: bool = False,
    progress: Progress,
    cancel: CancelToken,
) -> Ingested | Job:
    """Bring a folder of documents, or one, into a collection; returns when all is written.

    Only what changed is read again; what is no longer in the folder leaves the collection. A run that was stopped
    is gone on with by the next. Questions can be asked meanwhile. Configurations, outputs and captures among the
    files are told by stanza, command and conversation, without secrets and payload.

    Args:
        path: A folder or a file: Markdown, reStructuredText, HTML, PDF, DOCX, plain text, files of a network.
        collection: `local` belongs to the workspace, `global` to all your work.
        shipped: Bring in the documents of the package, into the global collection, instead of a folder.
        background: Hand the work to a job and return at once.
    """
    if shipped == (path is not None):
        raise InputError("name a folder or file, or --shipped for the documents of the package")
    if background:
        from netguru.store import jobs

        stated = {"shipped": True} if path is None else {"path": path.expanduser().absolute(), "collection": collection}
        return jobs.status(jobs.submit("rag.ingest", stated, fresh=True))
    if path is None:
        from netguru.rag.shipping import bring

        return bring(progress, cancel)
    from netguru.rag.ingesting import ingest as bring_in

    return bring_in(path, collection, progress, cancel)


@operation("rag.search")
def search(  # noqa: PLR0913 - one a filter
    question: str,
    *,
    limit: int = 10,
    collection: Literal["all", "global", "local"] = "all",
    vendor: str = "",
    product: str = "",
    version: str = "",
    source: str = "",
    about: Path | None = None,
    budget: int = 0,
) -> Passages:
    """Find the passages of the documents that fit a question or a command best, best first.

    Args:
        question: A question in English or Portuguese, a command, or words.
        limit: How many passages to give.
        collection: Where to look.
        vendor: Leave out documents that are about another vendor.
        product: Leave out documents that are about another product.
        version: Leave out documents that are about another version.
        source: Look only in this document, or below this folder.
        about: A configuration, or a folder of some: documents about its systems come first.
        budget: Give no more passages than have this many tokens together; 0 gives any number.
    """
    from netguru.rag.answering import passages_of, searched
    from netguru.rag.beginning import asked, ready

    ready()
    options = searched(collection, vendor, product, version, source)
    return passages_of(question, limit, asked(options, about, budget))


@operation("rag.ask")
def ask(
    question: str,
    *,
    collection: Literal["all", "global", "local"] = "all",
    vendor: str = "",
    product: str = "",
    version: str = "",
    source: str = "",
    about: Path | None = None,
    model: str = "",
) -> Answer:
    """Answer a question with quotations from the documents, or say that they do not hold the answer.

    Without a language model the answer is the three passages that fit best, labelled as such. A model's answer is
    made of statements; those without a quotation that is found in its passage are left out. Every quotation stands in
    its source as quoted.

    Args:
        question: A question in English or Portuguese.
        collection: Where to look.
        vendor: Leave out documents that are about another vendor.
        product: Leave out documents that are about another product.
        version: Leave out documents that are about another version.
        source: Look only in this document, or below this folder.
        about: A configuration, or a folder of some: documents about its systems come first.
        model: Let a language model answer, PROVIDER:NAME, or `auto` for that of the settings; by default none is
            asked, and nothing is sent or spent.
    """
    from netguru.rag.answering import answered, searched
    from netguru.rag.beginning import answer_budget, asked, ready

    ready()
    options = searched(collection, vendor, product, version, source)
    return answered(question, asked(options, about, answer_budget()), model)


@operation("rag.view")
def view(source: str, start: int, end: int, *, out: Path | None = None) -> View:
    """Open a place of a document, as a citation names it: the text around it with the mark on the quotation.

    Args:
        source: The document, as a passage or citation names it.
        start: Where the quotation begins, in characters of the stored text from 0.
        end: Where it ends, this character excluded.
        out: A page to write it to.
    """
    from netguru.rag.views import view as opened
    from netguru.rag.views import write_page

    found = opened(source, start, end)
    if out is not None:
        write_page(found, out)
    return found


@operation("rag.status")
def status() -> IndexStatus:
    """Tell what the collections hold, how far their vectors are, and how passages are searched."""
    from netguru.rag.inventory import status as told

    return told()


@operation("rag.remove", effect="write", without={"report": _NO_SECTION})
def remove(source: str, *, collection: Literal["global", "local"] = "local") -> Removed:
    """Take a document, a folder of documents or a whole collection out of the index; files stay where they are.

    Args:
        source: The document or folder as passages name it, the ingested folder, or `*` for all.
        collection: The collection to take it out of.
    """
    from netguru.rag.inventory import remove as take_out

    return take_out(source, collection)


@operation("rag.evaluate")
def evaluate(
    questions: Path,
    *,
    collection: Literal["all", "global", "local"] = "all",
    method: Literal["auto", "words", "meaning", "server"] = "auto",
    thesaurus: bool = True,
    model: str = "",
    progress: Progress,
    cancel: CancelToken,
) -> Evaluation:
    """Measure retrieval and refusal on questions whose sources are known, by language and kind.

    Args:
        questions: JSON lines with question, lang, kind, answerable, sources [{file, line}] and answer_tokens.
        collection: Where to look.
        method: Search as always, by words or by meaning alone, or as a Qdrant server fuses both.
        thesaurus: Use the networking thesaurus.
        model: Measure the answers of a language model too, PROVIDER:NAME, or `auto` for that of the settings; every
            question is sent there.
    """
    from netguru.rag.evaluating import evaluate as measure
    from netguru.rag.evaluating import options_for, read_questions

    options = options_for(collection, method, thesaurus=thesaurus)
    return measure(read_questions(questions), options, progress, cancel, model)
