"""What a question is asked about, and how much of passages is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import rag
from netguru.errors import InputError
from netguru.rag import about
from netguru.rag.about import About
from netguru.rag.chunks import tokens
from netguru.rag.retrieve import Options, retrieve

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.rag.results import Ingested

LAB = Path(__file__).parents[2] / "data/samples/lab"
FRR = LAB / "fabric/healthy/configs/leaf1.conf"
IOS = LAB / "campus/healthy/configs/core1.cfg"
JUNOS = LAB / "campus/healthy/configs/edge1.cfg"

_MANIFEST = """
[[set]]
path = "frr"
vendor = "FRRouting"
product = "FRRouting"
[[set]]
path = "ios"
vendor = "Cisco"
product = "IOS"
version = "12.4"
[[set]]
path = "nxos"
vendor = "Cisco"
product = "NX-OS"
[[set]]
path = "acme"
vendor = "Acme"
product = "AcmeOS"
"""


@pytest.fixture
def manuals(tmp_path: Path, bring: Callable[[Path], Ingested]) -> Path:
    """Ingest one text about a thing for each of four systems, and one about none."""
    folder = tmp_path / "manuals"
    for name in ("acme", "frr", "ios", "nxos", "plain"):
        (folder / name).mkdir(parents=True)
        (folder / name / "guide.md").write_text(
            f"# Guide\n\n## Hello timer\n\nSet the hello timer of the interface, as {name} has it.\n"
        )
    (folder / "corpus.toml").write_text(_MANIFEST)
    bring(folder)
    return folder


def _sources(question: str, config: Path | None) -> list[str]:
    found = rag.search(question, about=config) if config else rag.search(question)
    return [item.source.partition("/")[0] for item in found.passages]


@pytest.mark.parametrize(
    ("config", "first"),
    [(FRR, ["frr"]), (IOS, ["ios"])],
)
def test_documents_of_the_own_system_come_first(manuals: Path, config: Path, first: list[str]) -> None:
    del manuals
    found = _sources("How do I set the hello timer?", config)
    assert found[: len(first)] == first
    # Soft: nothing is left out.
    assert sorted(found) == ["acme", "frr", "ios", "nxos", "plain"]


def test_the_vendors_other_systems_come_before_strangers(manuals: Path) -> None:
    del manuals
    found = _sources("How do I set the hello timer?", IOS)
    assert found.index("nxos") < found.index("acme")
    assert found.index("plain") < found.index("acme")


def test_a_question_that_names_another_product_is_about_that(manuals: Path) -> None:
    del manuals
    found = rag.search("hello timer in AcmeOS", about=FRR)
    assert found.passages[0].source == "acme/guide.md"
    assert any("names another product" in note for note in found.coverage.notes)


def test_a_system_without_documents_is_told(manuals: Path) -> None:
    del manuals
    found = rag.search("How do I set the hello timer?", about=JUNOS)
    assert found.passages[0].source == "plain/guide.md"
    assert "no document about Junos is indexed: passages are about other systems" in found.coverage.notes


def test_several_systems_at_once(manuals: Path, tmp_path: Path) -> None:
    del manuals
    folder = tmp_path / "network"
    folder.mkdir()
    for config in (FRR, IOS):
        (folder / config.name).write_bytes(config.read_bytes())
    assert set(_sources("How do I set the hello timer?", folder)[:2]) == {"frr", "ios"}


def test_what_holds_no_configuration_is_said(manuals: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Call the provider on Monday.\n")
    for path in (tmp_path / "notes.txt", manuals):
        with pytest.raises(InputError):
            rag.search("How do I set the hello timer?", about=path)


def test_an_answer_is_about_the_configuration_too(manuals: Path) -> None:
    del manuals
    answer = rag.ask("How do I set the hello timer?", about=IOS)
    assert answer.citations[0].source == "ios/guide.md"


def test_the_major_version_counts() -> None:
    of = About(products=frozenset({"ios"}), versions={"ios": frozenset({"15"})})
    assert of.weight("Cisco", "IOS", "15.2") == of.weight("Cisco", "IOS", "") == 1.0
    assert of.weight("Cisco", "IOS", "12.4") < 1.0


@given(st.text(), st.text(), st.text())
def test_a_weight_never_leaves_out(vendor: str, product: str, version: str) -> None:
    found = about.of_configs([])
    assert 0 < found.weight(vendor, product, version) <= 1


@pytest.mark.parametrize("budget", [1, 40, 90, 10_000])
def test_passages_stay_within_the_budget(manual: Path, bring: Callable[[Path], Ingested], budget: int) -> None:
    bring(manual)
    all_of_them = retrieve("feature neighbours of area", 8).found
    found = retrieve("feature neighbours of area", 8, Options(budget=budget)).found
    assert found[0].passage.id == all_of_them[0].passage.id
    assert len(found) == 1 or sum(tokens(item.passage.text) for item in found) <= budget
    assert [item.passage.id for item in found] == [
        item.passage.id for item in all_of_them if item.passage.id in {kept.passage.id for kept in found}
    ]
    with pytest.raises(InputError, match="budget"):
        rag.search("feature", budget=-1)


def test_a_document_in_both_collections_is_given_once(manual: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(manual)
    before = [(item.source, item.start) for item in rag.search("feature neighbours of area").passages]
    rag.ingest(manual, collection="global")
    found = rag.search("feature neighbours of area").passages
    assert [(item.source, item.start) for item in found] == before
    assert {item.collection for item in found} == {"local"}
