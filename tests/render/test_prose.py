"""Text of a model or a document: its form is shown, nothing in it leads or asks elsewhere, whoever reads it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import mistune
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from netguru.chat.results import ChatAnswer
from netguru.model.evidence import Evidence
from netguru.render import html, markdown
from netguru.render.prose import prose_html, prose_markdown

ATTACKS = [
    "![x](http://evil.example/x.png)",
    "[x](http://evil.example) [y](javascript:alert(1)) [z](data:text/html,x)",
    "<http://evil.example> http://evil.example www.evil.example",
    "[a]\n\n[a]: http://evil.example\n[b]:\n  http://evil.example 'x'\n\n![b]",
    "<img src=http://evil.example/x onerror=alert(1)><script>alert(1)</script>",
    "\\`![x](http://evil.example)`",
    "a `b\n` ![x](http://evil.example) `",
    "- a\n  ```\n![x](http://evil.example)\n",
    "> ```\n![x](http://evil.example)\n```\n![y](http://evil.example)",
    "~~~\n```\n![x](http://evil.example)",
    "    ```\n![x](http://evil.example)",
    "| a | b |\n|---|---|\n| `x | ![i](http://evil.example)` |",
    "``` [x](http://evil.example) ```",
    "[![x](http://evil.example/1)](http://evil.example/2)",
    "\\![a](http://evil.example) \\\\![a](http://evil.example) [a\\](x)](http://evil.example)",
    "&lt;img src=http://evil.example&gt; &#60;img&#62;",
    "<!-- --><a href=//evil.example>x</a><svg/onload=x>",
    "[1]: http://evil.example\n\nSee [1].",
]
# Readers of other people: the one that turns notebooks into pages, and one that makes links of bare addresses.
READERS = {
    "mistune": mistune.create_markdown(escape=False, plugins=["url", "table", "footnotes"]),
    "commonmark": MarkdownIt("commonmark", {"html": True}).enable("table").render,
}


class Tags(HTMLParser):
    """Collect the tags of a page, with what they ask for."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_harmless(page):
    parser = Tags()
    parser.feed(page)
    for tag, stated in parser.found:
        assert tag not in {"a", "img", "script", "iframe", "svg", "object", "link", "style"}, page
        assert not stated.keys() & {"href", "src", "onerror", "onload", "style"}, page


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_leads_elsewhere(text):
    assert_harmless(prose_html(text))
    for reader in READERS.values():
        assert_harmless(reader(prose_markdown(text)))


PIECES = st.sampled_from(
    ["![", "](", ")", "[", "]", "]:", "`", "``", "```", "~~~", "\n", "\n\n", "    ", "- ", "> ", "|", "\\", "<", ">",
     "&lt;", "http://e.x", "www.e.x", "a", " ", "<img src=x>", "1. ", "# ", "*", "_", "---", "\t", "&", "(", "^", "!"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_leads_elsewhere_whatever_is_written(text):
    assert_harmless(prose_html(text))
    for reader in READERS.values():
        assert_harmless(reader(prose_markdown(text)))


def test_form_and_text_are_kept():
    text = "# Cause\n\n- **MTU** of `leaf2` is 1400 [1]\n\n```\ninterface Ethernet1\n mtu 9000\n```\n"
    shown = prose_html(text)
    assert "<h1>Cause</h1>" in shown
    assert "<strong>MTU</strong> of <code>leaf2</code>" in shown
    assert "interface Ethernet1\n mtu 9000" in shown
    assert READERS["commonmark"](prose_markdown(text)).rstrip() == shown


def test_a_chat_answer_leads_from_its_numbers_to_its_places():
    evidence = Evidence(source="leaf2.cfg", sha256="", kind="line", start=4, end=4, text="mtu 1400")
    answer = ChatAnswer(
        question="why?", text="The **MTU** differs [1], not [2].\n\n```x[1]\na\n```", status="grounded",
        citations=(evidence,), conversation=1, message=2, state="complete", tools=(),
    )  # fmt: skip
    page = html(answer)
    (target,) = set(re.findall(r'href="#([^"]+)"', page))
    assert f'id="{target}"' in page
    assert "<strong>MTU</strong>" in page
    assert "mathjax_ignore" in page
    assert "**MTU** differs [1]" in markdown(answer)
