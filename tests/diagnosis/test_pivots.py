"""What all sources say of one thing, on the bundled fabric."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import netguru
from netguru.checks.reread import verify
from netguru.diagnosis import pivots
from netguru.diagnosis.procedure import join_sources, judge
from netguru.errors import InputError, UnknownNameError
from netguru.workspace import Workspace

_FAULTY = Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric" / "faulty"


@pytest.fixture(scope="module")
def looked() -> tuple[Any, ...]:
    joined = join_sources(_FAULTY)
    found = judge(joined, progress=lambda *_: None)
    return joined, found.findings, found.coverage


def _around(pivot: Any, name: str, looked: tuple[Any, ...]) -> Any:
    joined, findings, coverage = looked
    return pivot(joined, name, findings, coverage)


@pytest.mark.parametrize(
    ("pivot", "name", "topics", "says"),
    [
        (pivots.address, "10.10.0.5", {"owner", "addresses", "captured", "finding"}, "ospf.mtu-mismatch"),
        (pivots.port, "spine1 eth2", {"port", "configured", "neighbour", "interfaces", "finding"}, "leaf2 eth1 (lldp)"),
        (pivots.flow, "10.20.10.11 10.20.50.10", {"owner", "captured", "finding"}, "port 443"),
        (pivots.device, "spine1", {"configured", "port", "BGP neighbour", "neighbour", "finding"}, "10.255.1.2"),
        (pivots.vlan, "10", {"captured"}, "packets"),
    ],
)
def test_rows_come_from_all_sources(
    pivot: Any, name: str, topics: set[str], says: str, looked: tuple[Any, ...]
) -> None:
    found = _around(pivot, name, looked)

    assert topics <= {row.topic for row in found.rows}
    assert any(says in row.says for row in found.rows)
    assert all(row.evidence for row in found.rows)
    assert [p.where for row in found.rows for p in row.evidence if not verify(p, _FAULTY)] == []


@pytest.mark.parametrize(
    ("pivot", "name", "error"),
    [
        (pivots.address, "10.10.0.999", InputError),
        (pivots.port, "spine1", InputError),
        (pivots.port, "spine1 eth99", UnknownNameError),
        (pivots.vlan, "5000", InputError),
        (pivots.flow, "10.0.0.1", InputError),
        (pivots.device, "spine9", UnknownNameError),
    ],
)
def test_bad_names_are_refused(pivot: Any, name: str, error: type[Exception], looked: tuple[Any, ...]) -> None:
    with pytest.raises(error):
        _around(pivot, name, looked)


def test_workspace_answers_the_same(tmp_path: Path) -> None:
    shutil.copytree(_FAULTY / "configs", tmp_path / "net")
    by_folder = netguru.diagnosis.ip(tmp_path / "net", "10.255.1.2")

    assert Workspace(tmp_path / "net").ip("10.255.1.2").to_dict() == by_folder.to_dict()
    assert by_folder.rows
