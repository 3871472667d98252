"""Third-party recordings of many platforms against the records that other parsers expect of them."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from netguru.model.names import canonical_mac, port_key
from netguru.model.source import Piece, SourceFile
from netguru.topology.reader import read

if TYPE_CHECKING:
    from pathlib import Path

# Lowest share of the expected records (local port, neighbour, remote port) that must be found, by platform.
# Alcatel's expectation takes the description for the port; ProCurve's holds local tables; Palo Alto's, empty ports.
LEAST = {
    "allied_telesis_awplus": 1.0,
    "arista_eos": 1.0,
    "aruba_aoscx": 1.0,
    "brocade_fastiron": 0.9,
    "ciena_saos": 1.0,
    "cisco_ios": 0.9,
    "cisco_nxos": 1.0,
    "cisco_wlc_ssh": 1.0,
    "cisco_xr": 1.0,
    "fortinet": 1.0,
    "hp_comware": 0.9,
    "hp_procurve": 0.5,
    "huawei_vrp": 1.0,
    "juniper_junos": 1.0,
    "paloalto_panos": 0.75,
}
_NAMES = "neighbor_name neighbor remote_system_name system_name_data system_name chassis_id remote_chassis_id".split()
_NAMES += ["chassis_data", "neighbor_chassis_id"]
_PORTS = "neighbor_port_id neighbor_interface port_id_data remote_port port_id neighbor_port".split()
_LOCAL = "local_interface local_port port_txt port".split()


def records(text: str) -> list[dict[str, str]]:
    """Read the expected records: a list of flat `key: "text"` maps; anything deeper is passed over."""
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        match = re.match(r"^  (?P<new>- |  )(?P<key>\w+): ?(?P<value>.*)$", line)
        if match:
            if match["new"] == "- ":
                found.append({})
            if found:
                found[-1][match["key"]] = match["value"].strip().strip("\"'")
    return found


def piece(file: Path) -> Piece:
    return Piece(file=SourceFile.of(file), text=file.read_text(errors="replace"))


def key(port: str) -> str:
    return canonical_mac(port) or port_key(port)


def is_found(record: dict[str, str], rows: list) -> bool:
    names = {record[name].lower() for name in _NAMES if record.get(name)}
    ports = {key(record[name]) for name in _PORTS if record.get(name)}
    local = next((record[name] for name in _LOCAL if record.get(name)), "")
    return any(
        key(row.port) == key(local)
        and (not names or row.remote_device.lower() in names)
        and (not ports or key(row.remote_port) in ports)
        for row in rows
    )


@pytest.mark.parametrize("platform", sorted(LEAST))
def test_platform(platform: str, shared: Path, capsys: pytest.CaptureFixture[str]):
    count = Counter({"found": 0, "expected": 0})
    for expected in sorted((shared / "cli" / platform).glob("*.yml")):
        rows = list(read(piece(expected.with_suffix(".raw"))).rows)
        known = records(expected.read_text())
        count["expected"] += len(known)
        count["found"] += sum(is_found(record, rows) for record in known)
    with capsys.disabled():
        print(f"\n{platform}: {count['found']} of {count['expected']} records")  # noqa: T201 - the score is shown
    assert count["expected"]
    assert count["found"] / count["expected"] >= LEAST[platform]


@pytest.mark.parametrize(
    ("case", "output"),
    [
        ("napalm_eos/lldp_neighbors__normal__", "show_lldp_neighbors.json"),
        ("napalm_eos/lldp_neighbors_detail__issue1153__", "show_lldp_neighbors__detail.json"),
        ("napalm_eos/lldp_neighbors_detail__normal__", "show_lldp_neighbors__detail.json"),
        ("napalm_ios/lldp_neighbors_detail__alternate4__", "show_lldp_neighbors_detail.txt"),
        ("napalm_iosxr/lldp_neighbors__normal__", "show_lldp_neighbors.txt"),
        (
            "napalm_iosxr/lldp_neighbors_detail__normal__",
            "_Get__Operational__LLDP__NodeTable___NodeTable___LLDP___Operational___Get_.txt",
        ),
        ("napalm_junos/lldp_neighbors__normal__", "get-lldp-neighbors-information.xml"),
        ("napalm_nxos_ssh/lldp_neighbors_detail__normal__", "show_lldp_neighbors_detail.txt"),
    ],
)
def test_library_case(case: str, output: str, shared: Path):
    expected = json.loads((shared / "cli" / f"{case}expected_result.json").read_text())
    wanted = {
        (
            key(port),
            (row.get("hostname") or row.get("remote_system_name")).lower(),
            key(row.get("port") or row["remote_port"]),
        )
        for port, rows in expected.items()
        for row in rows
    }
    rows = read(piece(shared / "cli" / f"{case}{output}")).rows
    assert {(key(row.port), row.remote_device.lower(), key(row.remote_port)) for row in rows} == wanted


def test_detail_without_local_ports_takes_them_from_the_table(shared: Path, tmp_path: Path):
    from netguru.topology import neighbors

    folder = shared / "cli" / "napalm_ios"
    base = "lldp_neighbors__inconsistent_domain_name__"
    (tmp_path / "foo-vsc-a").mkdir()
    for name in ("show_lldp_neighbors.txt", "show_lldp_neighbors_detail.txt"):
        (tmp_path / "foo-vsc-a" / name).write_text(
            (folder / f"{base}{name}").read_text().replace("foo-vsc-a#sh lldp nei det\n", "")
        )
    expected = json.loads((folder / f"{base}expected_result.json").read_text())
    wanted = {(key(port), row["hostname"], key(row["port"])) for port, rows in expected.items() for row in rows}
    found = {(key(row.port), row.remote_device, key(row.remote_port)) for row in neighbors(tmp_path).neighbors}
    assert wanted <= found
