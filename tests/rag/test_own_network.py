"""Questions about one's own network beside the documents that ship: the device's own lines come first."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru import resources
from netguru.rag.index import open_all
from netguru.rag.named import devices_named
from netguru.rag.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).resolve().parents[1] / "cases" / "rag" / "own-network"
LAB = resources.path("data", "samples", "lab")
# By words alone, of 21 and 14. Missed are questions whose answer shares hardly a word with them ("static routes": the
# line says `ip route`), or that a log of the same device shares more words with.
_FOUND = {"campus": 19, "fabric": 11}


@pytest.mark.parametrize("network", _FOUND)
def test_the_device_itself_answers(network: str, bring: Callable[..., Any]) -> None:
    bring(LAB / network / "healthy")
    bring(resources.path("data", "corpus", "documents"), collection="global")
    questions = tomllib.loads((CASES / f"{network}.toml").read_text(encoding="utf-8"))["question"]
    missed = []
    for item in questions:
        if item.get("answered", True):
            found = [each.passage for each in retrieve(item["text"], 3).found]
            if not any(passage.source == item["file"] and item["holds"] in passage.text for passage in found):
                missed.append(item["text"])
    asked = sum(item.get("answered", True) for item in questions)
    assert asked - len(missed) >= _FOUND[network], missed


def test_a_name_that_is_a_word_names_no_device(bring: Callable[..., Any], tmp_path: Path) -> None:
    for name in ("core", "core-1", "edge7"):
        (tmp_path / f"{name}.cfg").write_text(f"hostname {name}\n!\ninterface Gi0/1\n ip address 10.0.0.1 255.0.0.0\n")
    bring(tmp_path)
    indexes = open_all("")
    assert devices_named("What does the core switch do?", indexes) == set()
    assert devices_named("NTP of CORE-1.example.net, and of edge7?", indexes) == {"core-1", "edge7"}
    assert devices_named("NTP of edge9?", indexes) == set()
