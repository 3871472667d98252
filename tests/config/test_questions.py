"""Questions on a folder: rows with their lines, and the rows of Batfish's example worked out by hand."""

from __future__ import annotations

import tomllib
from functools import cache

import pytest
from config_support import CASES, LAB, shared

from netguru.config import query
from netguru.config.questions import QUESTIONS
from netguru.errors import InputError

_EXPECTED = tomllib.loads((CASES / "questions" / "batfish-example.toml").read_text(encoding="utf-8"))


@cache
def _rows(name):
    return query(name, shared("snapshots", "batfish-example")).rows


def test_undefined_references_of_batfishs_example():
    assert [[row["device"], row["kind"], row["name"], row["lines"][0]] for row in _rows("undefinedReferences")] == (
        _EXPECTED["undefined"]
    )


def test_unused_structures_of_batfishs_example():
    assert [[row["device"], row["kind"], row["name"], row["lines"][0]] for row in _rows("unusedStructures")] == (
        _EXPECTED["unused"]
    )


def test_bgp_sessions_of_batfishs_example():
    rows = _rows("bgpSessionCompatibility")
    broken = [row for row in rows if row["status"] != "UNIQUE_MATCH"]

    assert len(rows) == _EXPECTED["sessions"]
    assert [[row[name] for name in ("device", "remote_address", "session_type", "status")] for row in broken] == (
        _EXPECTED["broken"]
    )


def test_ospf_sessions_of_batfishs_example():
    rows = _rows("ospfSessionCompatibility")

    apart = [row for row in rows if row["reasons"]]

    assert len(rows) == _EXPECTED["ospf"]
    assert [[row["device"], row["interface"]] for row in apart] == _EXPECTED["mtu_mismatch"]
    assert {row["status"] for row in apart} == {"MTU_MISMATCH"}


def test_unreachable_lines_of_batfishs_example():
    rows = _rows("filterLineReachability")

    assert [[row["device"], row["filter"], row["lines"][0], row["blocking_lines"]] for row in rows] == (
        _EXPECTED["unreachable"]
    )


@pytest.mark.parametrize("name", [name for name in QUESTIONS if name not in ("testFilters", "compareFilters")])
def test_every_row_names_its_file_and_lines_that_exist(name):
    folder = LAB / "campus" / "faulty" / "configs"
    found = query(name, folder)

    assert found.question == name
    for row in found.rows:
        text = (folder / row["file"]).read_text(encoding="utf-8").splitlines()
        assert all(1 <= number <= len(text) for number in row["lines"])
        assert row["lines"] or name == "fileParseStatus"
    assert found.frame().height == len(found.rows)


def _folder(tmp_path, **configs):
    for name, text in configs.items():
        (tmp_path / f"{name}.cfg").write_text(f"version 15.2\nhostname {name}\n{text}\n", encoding="utf-8")
    return tmp_path


_BASE = "interface GigabitEthernet0/0\n ip address {} 255.255.255.0\n"


@pytest.mark.parametrize(
    ("near", "far", "status"),
    [
        ("neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.1 remote-as 1", "UNIQUE_MATCH"),
        ("neighbor 10.0.0.2 remote-as 3", "neighbor 10.0.0.1 remote-as 1", "HALF_OPEN"),
        ("neighbor 10.0.0.2 remote-as 2", "neighbor 10.0.0.9 remote-as 1", "HALF_OPEN"),
        ("neighbor 10.0.0.7 remote-as 2", "neighbor 10.0.0.1 remote-as 1", "UNKNOWN_REMOTE"),
        ("neighbor 9.0.0.7 remote-as 2", "neighbor 10.0.0.1 remote-as 1", "NO_LOCAL_IP"),
        ("neighbor 9.0.0.7 remote-as 1", "neighbor 10.0.0.1 remote-as 1", "LOCAL_IP_UNKNOWN_STATICALLY"),
        (
            "neighbor 10.0.0.2 remote-as 2\n neighbor 10.0.0.2 update-source Loopback7",
            "neighbor 10.0.0.1 remote-as 1",
            "INVALID_LOCAL_IP",
        ),
        ("bgp listen range 10.0.0.0/24 peer-group P", "neighbor 10.0.0.1 remote-as 1", "DYNAMIC_MATCH"),
        ("bgp listen range 10.9.0.0/24 peer-group P", "neighbor 10.0.0.1 remote-as 1", "NO_MATCH_FOUND"),
    ],
)
def test_statuses_of_bgp(tmp_path, near, far, status):
    folder = _folder(
        tmp_path,
        r1=_BASE.format("10.0.0.1") + f"router bgp 1\n {near}",
        r2=_BASE.format("10.0.0.2") + f"router bgp 2\n {far}",
    )
    row = next(row for row in query("bgpSessionCompatibility", folder).rows if row["device"] == "r1")

    assert row["status"] == status


@pytest.mark.parametrize(
    ("near", "far", "reasons"),
    [
        ("ip ospf 1 area 0", "ip ospf 1 area 0", []),
        ("ip ospf 1 area 0", "ip ospf 1 area 1", ["AREA_MISMATCH"]),
        (
            "ip ospf 1 area 0\n ip ospf hello-interval 5",
            "ip ospf 1 area 0",
            ["HELLO_INTERVAL_MISMATCH", "DEAD_INTERVAL_MISMATCH"],
        ),
        ("ip ospf 1 area 0\n ip ospf dead-interval 20", "ip ospf 1 area 0", ["DEAD_INTERVAL_MISMATCH"]),
        ("ip ospf 1 area 0\n ip mtu 1400", "ip ospf 1 area 0", ["MTU_MISMATCH"]),
        ("ip ospf 1 area 0\n ip ospf network point-to-point", "ip ospf 1 area 0", ["NETWORK_TYPE_MISMATCH"]),
        (
            "ip ospf 1 area 0\nrouter ospf 1\n passive-interface GigabitEthernet0/0",
            "ip ospf 1 area 0",
            ["PASSIVE_MISMATCH"],
        ),
        ("ip ospf 1 area 1\nrouter ospf 1\n area 1 stub", "ip ospf 1 area 1", ["AREA_TYPE_MISMATCH"]),
        (
            "ip ospf 1 area 0\nrouter ospf 1\n router-id 1.1.1.1",
            "ip ospf 1 area 0\nrouter ospf 1\n router-id 1.1.1.1",
            ["DUPLICATE_ROUTER_ID"],
        ),
    ],
)
def test_statuses_of_ospf(tmp_path, near, far, reasons):
    folder = _folder(tmp_path, r1=f"{_BASE.format('10.0.0.1')} {near}", r2=f"{_BASE.format('10.0.0.2')} {far}")
    row = next(row for row in query("ospfSessionCompatibility", folder).rows if row["device"] == "r1")

    assert row["reasons"] == reasons
    assert row["status"] == (reasons[0] if reasons else "ESTABLISHED")


def test_compare_filters_tells_which_packets_are_treated_otherwise(tmp_path):
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    base = "ip access-list extended X\n permit tcp 10.0.0.0 0.0.0.255 any eq 443\n"
    before = _folder(tmp_path / "before", r1=base)
    after = _folder(tmp_path / "after", r1=base.replace("0.0.0.255", "0.0.0.127"))
    (row,) = query("compareFilters", after, reference=before).rows

    assert (row["reference_action"], row["action"], row["reference_lines"]) == ("permit", "deny", [4])
    assert row["example"].startswith("tcp 10.0.0.128:")
    assert query("compareFilters", before, reference=before).rows == ()


def test_order_of_lines_that_do_not_touch_makes_no_difference(tmp_path):
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    lines = [" permit tcp host 10.0.0.1 any eq 1", " deny udp any any eq 9"]
    before = _folder(tmp_path / "before", r1="\n".join(["ip access-list extended X", *lines]))
    after = _folder(tmp_path / "after", r1="\n".join(["ip access-list extended X", *reversed(lines)]))

    assert query("compareFilters", after, reference=before).rows == ()


@pytest.mark.parametrize("packet", ["tcp", "10.0.0.1 >", "tcp x > y", "zzz 10.0.0.1 > 10.0.0.2", "1.1.1.1 > ::1", "x"])
def test_a_packet_that_is_none_gets_one_clear_line(packet):
    with pytest.raises(InputError, match=r"packet|prefix"):
        query("testFilters", LAB / "campus" / "healthy" / "configs", packet=packet)


@pytest.mark.parametrize(("name", "options"), [("testFilters", {}), ("compareFilters", {}), ("nothing", {})])
def test_what_a_question_needs_is_told(name, options):
    with pytest.raises(InputError):
        query(name, LAB / "campus" / "healthy" / "configs", **options)
