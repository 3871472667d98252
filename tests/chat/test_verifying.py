"""Verified answers: facts are held against the places that they cite."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.chat.ledger import Ledger
from netguru.chat.verifying import verify

CASES = tomllib.loads((Path(__file__).parents[1] / "cases/chat/verifying/cases.toml").read_text())["case"]


def place(source: str, kind: str, number: int, text: str) -> dict[str, Any]:
    return {"source": source, "sha256": "", "kind": kind, "start": number, "end": number, "text": text}


def ledger() -> Ledger:
    made = Ledger()
    mtu = "The MTU of r1 GigabitEthernet0/1 is 1400, that of r2 is 1500"
    made.take("x", {}, {"title": mtu, "evidence": [place("r1.cfg", "line", 12, "ip mtu 1400")]}, 4000)
    hello = "hello interval 10 s, AS65001, 1,234 packets"
    shown = place("a.pcap", "packet", 42, "10.0.0.1 > 224.0.0.5 OSPF Hello")
    made.take("y", {}, {"title": hello, "evidence": [shown]}, 4000)
    return made


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_facts_are_held_against_the_cited_places(case: dict[str, Any]) -> None:
    found = verify(case["text"], ledger(), "why is r1 not adjacent to 192.0.2.9?")
    assert [[mark.text, mark.reason] for mark in found.marks] == case["marks"]
    assert found.status == case["status"]
    assert list(found.unknown) == case.get("unknown", [])


@given(st.text(alphabet=st.sampled_from("[]0123456789.:/`\n abG-"), max_size=300))
def test_any_text_is_checked_and_its_marks_are_parts_of_it(text: str) -> None:
    found = verify(text, ledger())
    assert len(found.marks) <= found.facts
    for mark in found.marks:
        assert 0 <= mark.start < mark.end <= len(text)
        assert text[mark.start :].startswith(mark.text.split("\n", maxsplit=1)[0])
