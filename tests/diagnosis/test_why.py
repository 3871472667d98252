"""`diagnosis.why` on the bundled networks: the first failing step of every pair that truth.json sets at odds."""

from __future__ import annotations

import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru import resources
from netguru.checks.reread import verify
from netguru.diagnosis.probes import probes
from netguru.diagnosis.procedure import join_sources, judge
from netguru.diagnosis.walking import explain
from netguru.errors import InputError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.diagnosis.explanation import Why

_LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"
_CASES = Path(__file__).parents[1] / "cases" / "diagnosis" / "why.toml"
_PAIRS = tomllib.loads(_CASES.read_text())["pairs"]
_NAMED = [pytest.param(row, id=row["fault"]) for row in _PAIRS]


@cache
def _read(folder: Path) -> tuple[Any, Any]:
    joined = join_sources(folder)
    return joined, judge(joined, progress=lambda *_: None)


def _why(folder: Path, a: str, b: str, protocol: str = "") -> Why:
    joined, found = _read(folder)
    return explain(joined, found.findings, found.coverage, a, b, protocol)


@pytest.mark.parametrize("row", _NAMED)
def test_first_failing_step_is_the_planted_fault(row: dict[str, Any]) -> None:
    why = _why(_LAB / row["network"] / "faulty", *row["places"])

    assert (why.status, why.step) == ("fails", row["step"]), why.answer
    assert row["step"] in why.answer
    assert set(row["kinds"]) <= {item.source.split("/", 1)[0] for item in why.evidence}


@pytest.mark.parametrize("row", _NAMED)
def test_places_may_be_named_in_either_order(row: dict[str, Any]) -> None:
    why = _why(_LAB / row["network"] / "faulty", *reversed(row["places"]))

    assert (why.status, why.step) == ("fails", row["step"]), why.answer


@pytest.mark.parametrize("row", _NAMED)
def test_nothing_fails_between_them_in_health(row: dict[str, Any]) -> None:
    why = _why(_LAB / row["network"] / "healthy", *row["places"])

    assert why.status in ("works", "cannot tell"), why.answer
    assert [step.step for step in why.steps if step.status == "failed"] == []
    assert why.collect or why.status == "works"


@pytest.mark.parametrize("row", _NAMED)
def test_every_place_is_found_again(row: dict[str, Any]) -> None:
    folder = _LAB / row["network"] / "faulty"
    why = _why(folder, *row["places"])

    proofs = {item for step in why.steps for item in step.evidence}
    assert [proof.where for proof in proofs if not verify(proof, folder)] == []
    assert all(step.evidence for step in why.steps if step.status in ("passed", "failed"))


@pytest.fixture(scope="module", params=["captures", "configs"])
def poorer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the faulty fabric without one kind of its files."""
    folder = tmp_path_factory.mktemp("poorer") / "fabric"
    shutil.copytree(_LAB / "fabric" / "faulty", folder, ignore=shutil.ignore_patterns(request.param, "truth.json"))
    yield folder
    _read.cache_clear()


@pytest.mark.parametrize("row", [pytest.param(row, id=row["fault"]) for row in _PAIRS if row["network"] == "fabric"])
def test_less_data_tells_less_and_nothing_else(row: dict[str, Any], poorer: Path) -> None:
    full = _why(_LAB / "fabric" / "faulty", *row["places"])
    try:
        why = _why(poorer, *row["places"])
    except UnknownNameError:
        return
    failing = {(step.session, step.step) for step in full.steps if step.status == "failed"}
    named = {session.session for session in full.sessions}
    more = {(s.session, s.step) for s in why.steps if s.status == "failed" and s.session in named} - failing

    assert more == set()


def test_protocol_asked_for_is_the_one_walked() -> None:
    why = _why(_LAB / "fabric" / "faulty", "spine1", "leaf2", "bgp")

    assert {row.protocol for row in why.sessions} == {"bgp"}
    assert why.status == "works"


def test_protocol_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(InputError, match="EIGRP"):
        _why(_LAB / "fabric" / "faulty", "spine1", "leaf2", "eigrp")


def test_unknown_place_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="spine1"):
        _why(_LAB / "fabric" / "faulty", "spin1", "leaf2")
    with pytest.raises(UnknownNameError, match="eth99"):
        _why(_LAB / "fabric" / "faulty", "spine1 eth99", "leaf2")
    with pytest.raises(InputError, match="both on spine1"):
        _why(_LAB / "fabric" / "faulty", "spine1", "10.255.1.1")


def test_table_names_what_there_is() -> None:
    table = resources.table("diagnosis", "why.toml")
    named = {
        file.name: resources.table("checks", file.name) for file in resources.path("data", "tables", "checks").iterdir()
    }
    known = {name.split("@", 1)[0] for table in named.values() for name in table}

    used = {name for protocol in table["protocols"].values() for name in protocol["steps"]}
    assert used == set(table["steps"])
    assert {row["probe"] for row in table["steps"].values()} == set(probes)
    assert {name for row in table["steps"].values() for name in row.get("findings", ())} - known == set()
