"""Large inputs: what grows with the square of the devices would not end; the answers stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru import config, diagnosis

if TYPE_CHECKING:
    from pathlib import Path


def test_a_thousand_small_configurations(tmp_path: Path) -> None:
    for number in range(1_000):
        address = f"10.{number >> 8}.{number & 255}.1 255.255.255.0"
        text = f"hostname r{number}\n!\ninterface GigabitEthernet0/1\n ip address {address}\n!\nend\n"
        (tmp_path / f"r{number}.cfg").write_text(text)

    made = diagnosis.run(tmp_path)

    assert made.coverage.read == 1_000
    named = [finding.subject.devices for finding in made.findings if finding.check == "hygiene.ntp-missing"]
    assert len(named) == len(set(named)) == 1_000


def test_a_thousand_ports_in_one_configuration(tmp_path: Path) -> None:
    ports = "".join(f"interface GigabitEthernet0/{n}\n ip access-group A{n} in\n!\n" for n in range(1_000))
    (tmp_path / "r1.cfg").write_text(f"hostname r1\n!\n{ports}end\n")

    found = [item for item in config.check(tmp_path).findings if item.check == "ref.undefined"]

    assert len(found) == 1_000
    assert all(len(item.subject.interfaces) == 1 for item in found)
