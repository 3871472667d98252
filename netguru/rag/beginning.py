"""Before a question is asked: what it is about, and the package's documents for a user who has ingested nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netguru import resources
from netguru.errors import InputError
from netguru.rag.database import file_of
from netguru.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.rag.retrieve import Options


def asked(options: Options, about: Path | None, budget: int = 0) -> Options:
    """Add what a question is asked about, and how much of passages may be given.

    Raises InputError for a path without configurations, or a budget below 0.
    """
    if budget < 0:
        raise InputError(f"--budget: {budget} tokens are none")
    if about is not None:
        from netguru.rag.about import about as read_about

        options = replace(options, about=read_about(about))
    return replace(options, budget=budget)


def answer_budget() -> int:
    """Give the tokens of passages that an answer is made from."""
    return int(resources.table("rag", "retrieval.toml")["answer"]["budget"])


def ready() -> None:
    """Bring them in unless there is a collection already; one that was emptied is not filled again.

    When that fails the question is answered all the same: nothing is indexed then.
    """
    if not settings().shipped_documents or file_of("global").is_file() or file_of("local").is_file():
        return
    from netguru.errors import NetGuruError
    from netguru.logs import logger
    from netguru.operations.context import context
    from netguru.rag.shipping import bring

    current = context()
    try:
        bring(current.progress, current.cancel, embed=False)
    except NetGuruError as error:
        logger(__name__).warning("documents.not_brought_in", reason=str(error))
