"""A text that comes in pieces becomes what it would be as a whole, and comes early."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from netguru.render.prose import ProseStream, prose_markdown

PARTS = st.sampled_from(
    [
        "a",
        "word ",
        " ",
        "\n",
        "\n\n",
        "`",
        "```",
        "~~~",
        "[x](",
        "http://a.b",
        ")",
        "![",
        "<img src=x>",
        "\\",
        "| ",
        "- ",
        "    ",
        "]: ",
        "www.",
        "&",
        "@",
    ]
)


def streamed(pieces):
    stream = ProseStream()
    return "".join([*(stream.feed(piece) for piece in pieces), stream.end()])


@given(st.lists(PARTS, max_size=40))
@example(["see [x]", "(http://a.b)", " and"])
@example(["```", "\n<b>", "\n``", "`\n", "[x](y)"])
@example(["~~~\n", "[x](y)"])
def test_pieces_become_the_whole(pieces):
    assert streamed(pieces) == prose_markdown("".join(pieces))


@given(st.text(max_size=80), st.integers(1, 5))
def test_any_text_in_any_pieces_becomes_the_whole(text, size):
    # Characters that are made visible or left out may stand in pairs; what is harmless of each stays so.
    if text.isprintable():
        assert streamed([text[at : at + size] for at in range(0, len(text), size)]) == prose_markdown(text)


def test_words_come_before_their_line_ends():
    stream = ProseStream()
    assert stream.feed("The MTU of leaf2 is ") == "The MTU of leaf2 is "
    assert stream.feed("1400 [1]") == "1400 "
    assert stream.feed(".") == ""
    assert stream.end() == "[1]."
