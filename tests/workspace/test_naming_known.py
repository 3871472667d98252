"""A file named after a device that is known, with more behind it."""

from __future__ import annotations

import pytest

from netguru.workspace import name_device


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("core_running-config.cfg", "CORE"),
        ("core-1_show_ip_route.txt", "core-1"),
        ("core-1-backup.cfg", "core-1"),
        ("core 1.txt", "CORE"),
        ("corex-1.txt", "corex-1"),
    ],
)
def test_the_longest_known_name_wins(name: str, device: str) -> None:
    assert name_device(name, ["CORE", "core-1"]) == device
