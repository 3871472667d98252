"""Whose output is it: names taken from paths, and outputs in files that nobody named after a device."""

from __future__ import annotations

from pathlib import Path

import pytest

from netguru.diagnosis import diagnose
from netguru.model.finding import Severity
from netguru.workspace import name_device

CASES = Path(__file__).parents[1] / "cases" / "workspace"


@pytest.mark.parametrize(
    ("path", "device"),
    [
        ("show/Remote-7/ipv6_route.txt", "Remote-7"),
        ("show/Remote-7/eigrp_neighbor.txt", "Remote-7"),
        ("ipv6_ospf6_neighbor.txt", ""),
        ("mac_address_table.txt", ""),
        ("file12.txt", ""),
        ("session-3.log", ""),
        ("output (2).txt", ""),
        ("f007", ""),
        ("west/file1.txt", "west"),
        # What looks alike and names a device.
        ("arp-proxy1.txt", "arp-proxy1"),
        ("vlan-core.txt", "vlan-core"),
        ("filer1.txt", "filer1"),
        ("f1.txt", "f1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_path_names_its_device(path: str, device: str) -> None:
    assert name_device(path) == device


def test_a_known_device_wins_over_what_a_name_looks_like() -> None:
    assert name_device("x/file12.txt", ["File12"]) == "File12"


def test_outputs_of_one_device_in_nameless_files_are_not_many_devices() -> None:
    made = diagnose(CASES / "nameless")
    assert [finding.title for finding in made.findings if finding.severity >= Severity.WARNING] == []
