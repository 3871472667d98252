"""Laws of reading: hostile text raises nothing but our errors, values are converted, coverage adds up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import InputError, ParseError
from netguru.model import Piece, SourceFile
from netguru.state import collect, json_text, kinds, parse
from netguru.state.reader import JsonStateReader, StateReader
from netguru.state.values import prefix, seconds

CASES = Path(__file__).parents[1] / "cases" / "state"
LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"
SHARED = Path(__file__).parents[3] / "shared" / "data"
READING = "show terminal set ip bridge nft cat lldpcli hostname iptables-save journalctl vtysh"
TEXTS = [
    path.read_text()
    for path in [
        *CASES.glob("*/input/*"),
        *sorted((LAB / "fabric/faulty/show/leaf4").iterdir()),
        LAB / "fabric/faulty/linux/sw3.txt",
    ]
]


def piece(text: str, command: str = "") -> Piece:
    file = SourceFile(name="x.txt", path=Path("x.txt"), sha256=str(hash(text)), size=len(text))
    return Piece(file=file, text=text, command=command, device="x")


def read_all(text: str, command: str = "") -> None:
    for reader in (StateReader(), JsonStateReader()):
        given_piece = piece(text, command)
        if reader.recognise(given_piece) is not None:
            state = reader.read(given_piece)
            count = len(given_piece.lines)
            for table in state.tables.values():
                for row in table.to_dicts():
                    assert 1 <= row["line"] <= row["end_line"] <= count


@given(st.text(max_size=300))
def test_any_text_is_survived(text: str) -> None:
    read_all(text)


@given(st.sampled_from(TEXTS), st.data())
def test_damaged_outputs_are_survived(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    read_all((text[:start] + data.draw(st.text(max_size=10)) + text[end:])[:20_000])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_json_with_lines_is_json(value: object) -> None:
    def plain(node: json_text.Node) -> object:
        if isinstance(node.value, dict):
            return {key: plain(item) for key, item in node.value.items()}
        return [plain(item) for item in node.value] if isinstance(node.value, list) else node.value

    text = json.dumps(value, indent=1)
    node = json_text.parse(text)
    assert plain(node) == value
    assert node.end_line == text.count("\n")


@pytest.mark.parametrize("text", ["", "{", '{"a" 1}', "[1, 2", "nul", "[" * 5000])
def test_damaged_json_is_a_parse_error(text: str) -> None:
    with pytest.raises(ParseError):
        json_text.parse(text)


@given(st.text(max_size=30))
def test_values_are_survived(text: str) -> None:
    assert seconds(text) is None or seconds(text) >= 0
    assert isinstance(prefix(text), str)


def test_every_kind_of_the_catalogue_has_columns() -> None:
    assert {"interfaces", "addresses", "routes", "arp", "events", "bgp_peers", "ospf_neighbors"} <= set(kinds())
    for columns in kinds().values():
        assert all(column.meaning for column in columns)


def test_a_file_without_outputs_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("buy milk\n")
    with pytest.raises(InputError):
        parse(file)


def test_traffic_of_clients_is_nobodys() -> None:
    with pytest.raises(InputError):
        parse(LAB / "fabric" / "faulty" / "traffic.txt")


@pytest.mark.parametrize("folder", ["cli", "configs"])
def test_configurations_and_neighbour_tables_are_left_to_others(folder: str) -> None:
    if not (SHARED / folder).is_dir():
        pytest.skip("the third-party texts are not beside this checkout")
    from netguru.workspace import open_pieces

    readers = (StateReader(), JsonStateReader())
    claimed = [item.file.name for item in open_pieces(SHARED / folder) for reader in readers if reader.recognise(item)]
    assert claimed == []


def test_a_provider_network_is_read() -> None:
    folder = SHARED / "snapshots" / "labval-xr-ios-vpnv4"
    if not folder.is_dir():
        pytest.skip("the third-party networks are not beside this checkout")
    from netguru.state import check

    found = parse(folder)
    counts = {kind: table.height for kind, table in found.tables.items()}
    assert counts.pop("interfaces") == 51
    assert counts.pop("ospf_neighbors") == 10
    assert counts == {"addresses": 32, "bgp_peers": 12, "bgp_routes": 10, "routes": 91, "version": 9}
    assert sum(part.unread for part in found.coverage.parts) == 0
    # Customers of a VPN use the same addresses by design.
    assert [item.check for item in check(folder).findings] == ["bgp.duplicate-router-id"]


@pytest.mark.parametrize(
    "platform", ["ios", "IOS-XE", "nxos", "cisco_xr", "Junos", "eos", "frr", "linux", "asa", "sonic"]
)
def test_collect_names_reading_commands(platform: str) -> None:
    found = collect.commands(platform)
    assert len(found.commands) > 5
    assert found.text.splitlines()[0]
    # Nothing that changes a device.
    words = {item.command.split()[0] for item in found.commands}
    assert words <= set(READING.split())
    assert all("cli screen" in item.command for item in found.commands if item.command.startswith("set"))


def test_collect_refuses_an_unknown_platform() -> None:
    with pytest.raises(InputError, match="unknown platform"):
        collect.commands("toaster")
