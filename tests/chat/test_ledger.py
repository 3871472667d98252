"""The ledger: one number a place, results cut to what fits."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from netguru.chat.ledger import Ledger


def place(number: int, source: str = "a.pcap") -> dict[str, Any]:
    text = f"packet {number}"
    return {"source": source, "sha256": "", "kind": "packet", "start": number, "end": number, "text": text}


def test_a_place_has_one_number_in_the_whole_turn() -> None:
    made = Ledger()
    first = made.take("x", {}, {"title": "first", "evidence": [place(1), place(2)]}, 4000)
    second = made.take("y", {}, {"title": "second", "evidence": [place(2), place(3)]}, 4000)
    assert re.findall(r"\[\d+\]", first) == ["[1]", "[2]"]
    assert re.findall(r"\[\d+\]", second) == ["[2]", "[3]"]
    assert made.entries[1].said == "first\nsecond"


def test_every_source_of_a_finding_is_shown_before_the_second_place_of_one() -> None:
    many = [*(place(number) for number in range(1, 40)), place(7, "r1.cfg")]
    text = Ledger().take("x", {}, {"title": "joined", "evidence": many}, 700)
    assert "[2] r1.cfg" in text


def test_a_result_without_places_is_one_place_itself() -> None:
    made = Ledger()
    text = made.take("pcap.summary", {"file": "a.pcap"}, {"packets": 12}, 4000)
    assert text == '[1] {"packets": 12}'
    assert made.entries[0].evidence.source == "pcap.summary a.pcap"
    assert made.entries[0].evidence.kind == "cell"


def test_what_is_cut_is_counted() -> None:
    text = Ledger().take("x", {}, {"rows": [{"name": f"row {number}"} for number in range(1000)]}, 600)
    shown = json.loads(text.removeprefix("[1] "))["rows"]
    assert shown[-1] == f"{1000 - (len(shown) - 1)} more"


def test_hidden_marks_and_terminal_sequences_do_not_reach_a_model() -> None:
    text = Ledger().take("x", {}, {"name": "a\u202eb\x1b[31mred"}, 600)
    assert "\u202e" not in text
    assert "\x1b" not in text


leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=60)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.text(max_size=6), inner, max_size=6)
)


@given(values, st.integers(200, 3000))
def test_any_result_fits(value: Any, limit: int) -> None:
    assert len(Ledger().take("x", {}, {"value": value}, limit)) <= limit + 20
