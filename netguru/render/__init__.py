"""How results look: text, Markdown, HTML and whole pages; the only place that knows.

Everything that comes from files is untrusted and escaped here. Importing this module makes
results show themselves in notebooks.
"""

from __future__ import annotations

from typing import Any

from netguru.model.result import present_with
from netguru.render import as_html, as_markdown, as_text
from netguru.render.as_html import open_with
from netguru.render.clean import clean
from netguru.render.view import EVERYTHING, Limits

__all__ = [
    "BRIEF",
    "EVERYTHING",
    "Limits",
    "clean",
    "html",
    "markdown",
    "mimebundle",
    "open_with",
    "page",
    "style",
    "text",
]

BRIEF = Limits(findings=0, details=False)
_NOTEBOOK = Limits()
_CONSOLE = Limits(findings=0)
# A notebook keeps every representation: the plain one is for terminals and models, so it is bounded.
_PLAIN = Limits(rows=20, findings=25, evidence=4)
_PAGE = Limits(rows=500, findings=0, evidence=50)


def text(result: Any, width: int = 100, limits: Limits = _CONSOLE) -> str:
    """Write any result as plain text; what is left out is counted.

    >>> text({"packets": 3})
    'packets  3'
    """
    return as_text.render(result, width, limits)


def markdown(result: Any, limits: Limits = _NOTEBOOK) -> str:
    """Write any result as Markdown in which everything untrusted is escaped."""
    return as_markdown.render(result, limits)


def html(result: Any, limits: Limits = _NOTEBOOK) -> str:
    """Write any result as an HTML fragment with its stylesheet, without script."""
    return f"<style>{as_html.style()}</style>{as_html.fragment(result, limits)}"


def page(result_or_fragments: Any, title: str, *, subtitle: str = "") -> str:
    """Write a whole HTML page that works without network: from a result, or from fragments made by `html`.

    `result_or_fragments` is a result or a list of HTML fragments (trusted: made by this module).
    """
    if isinstance(result_or_fragments, list):
        return as_html.page("".join(result_or_fragments), title, subtitle=subtitle)
    body = as_html.fragment(result_or_fragments, _PAGE)
    return as_html.page(body, title, subtitle=subtitle)


def style() -> str:
    """Give the stylesheet of all HTML made here."""
    return as_html.style()


def mimebundle(result: Any) -> dict[str, str]:
    """Give the representations of a result for a notebook: plain text, Markdown, HTML."""
    return {
        "text/plain": text(result, limits=_PLAIN),
        "text/markdown": markdown(result, _PLAIN),
        "text/html": html(result),
    }


present_with(mimebundle)
