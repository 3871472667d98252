"""Coverage by line, and views as tables: classes add up, text round trips, no secret is shown."""

from __future__ import annotations

import json

import polars as pl
import pytest
from config_support import LAB, junos, read, shared

from netguru.config import coverage, parse, render, table
from netguru.config.coverage_tables import names
from netguru.config.views import rows_of
from netguru.errors import InputError

_CAMPUS = LAB / "campus" / "faulty" / "configs"
_SECRETS = """version 15.2
hostname r1
enable secret 5 $1$abcd$HUSHHUSH
username a password 7 HUSHHUSH
snmp-server community HUSHHUSH RO
snmp-server host 10.0.0.1 version 2c HUSHHUSH
tacacs-server host 10.0.0.2 key HUSHHUSH
ntp authentication-key 1 md5 HUSHHUSH
key chain K
 key 1
  key-string HUSHHUSH
router bgp 1
 neighbor G peer-group
 neighbor G password HUSHHUSH
 neighbor 10.0.0.3 remote-as 2
 neighbor 10.0.0.3 password 7 HUSHHUSH
interface GigabitEthernet0/0
 ip ospf message-digest-key 1 md5 HUSHHUSH
 standby 1 authentication md5 key-string HUSHHUSH
crypto isakmp key HUSHHUSH address 0.0.0.0
radius server R
 address ipv4 10.0.0.4 auth-port 1812
 key 7 HUSHHUSH
something of the future
"""


def _shared_configs():
    return [path for path in sorted(shared("configs").rglob("*.*")) if path.suffix in (".cfg", ".set")]


def test_classes_of_lines_add_up_over_all_shared_configurations():
    found = coverage(shared("configs"))

    assert len(found.files) > 60
    for row in found.files:
        assert row.modelled + row.known + row.unknown == row.lines
        assert len(row.unknown_lines) == row.unknown
    total = sum(row.lines for row in found.files)
    assert sum(row.modelled for row in found.files) > 0.85 * total
    assert sum(row.unknown for row in found.files) < 0.02 * total


def test_text_round_trips_on_all_shared_configurations():
    for path in _shared_configs():
        config = read(path)
        assert render(config) == config.piece.text, path.name


def _unordered(path):
    """Give the views without places; the set form prints the statements of one block in another order."""

    def plain(row):
        return {name: sorted(value) if isinstance(value, list) else value for name, value in row.items()}

    return {
        name: sorted((plain(row) for row in rows), key=str)
        for name, rows in rows_of(read(path)).items()
        for row in rows
        if row.update(lines=[]) is None
    }


@pytest.mark.parametrize("name", ["labval_community_delete_sender", "labval_cross_term_match_dut"])
def test_braces_and_set_commands_give_equal_views(name):
    a = _unordered(shared("configs", "junos_curly", f"{name}.cfg"))
    b = _unordered(shared("configs", "junos_set", f"{name}.set"))
    b.pop("ssh", None)  # the device adds `root-login allow` to what was loaded

    assert a == b
    assert a["route_maps"]


@pytest.mark.parametrize("name", ["edge1", "edge2"])
def test_twins_of_the_lab_have_equal_views(name):
    assert _unordered(_CAMPUS / f"{name}.cfg") == _unordered(_CAMPUS / f"{name}.set") != {}


@pytest.mark.parametrize("view", names())
def test_every_view_is_a_table_with_places(view):
    found = table(view, _CAMPUS).table

    assert {"device", "file", "lines"} <= set(found.columns)
    for row in found.select(pl.col("file"), pl.col("lines")).iter_rows():
        lines = (_CAMPUS / row[0]).read_text(encoding="utf-8").splitlines()
        assert all(1 <= number <= len(lines) for number in row[1])


def test_no_view_and_no_listing_shows_a_secret(tmp_path):
    file = tmp_path / "r1.cfg"
    file.write_text(_SECRETS, encoding="utf-8")
    found = coverage(file, every_line=True)

    assert found.files[0].unknown_lines == (len(_SECRETS.splitlines()),)
    assert "HUSH" not in json.dumps(found.to_dict())
    assert "HUSH" not in json.dumps(parse(file).to_dict())
    for view in names():
        assert "HUSH" not in json.dumps(table(view, file).to_dict())


def test_views_of_the_device_itself_and_of_policies(tmp_path):
    file = tmp_path / "r1.cfg"
    file.write_text(
        "version 15.2\nhostname r1\naaa new-model\naaa authentication login default group tacacs+ local\n"
        "ntp server 10.0.0.1 key 1\nlogging host 10.0.0.2\nip ssh version 2\n"
        "vrf definition RED\n rd 1:1\n route-target import 1:2\n address-family ipv4\n"
        "ip nat inside source list 1 interface Gi0/0 overload\n"
        "ip dhcp pool P\n network 10.9.0.0 255.255.0.0\n default-router 10.9.0.1\n"
        "router isis CORE\n net 49.0001.0000.0000.0001.00\n is-type level-2-only\n"
        "route-map R permit 10\n match ip address 1\n set metric 5\n"
        "ip community-list standard C permit 1:1\nip as-path access-list 7 permit ^1_\n",
        encoding="utf-8",
    )
    views = parse(file).to_dict()["views"]

    assert [row["item"] for row in views["aaa"]] == ["new-model", "authentication login default"]
    assert (views["ntp"][0]["value"], views["ntp"][0]["lines"]) == ("10.0.0.1", [5])
    assert (views["vrfs"][0]["rd"], views["vrfs"][0]["import_targets"]) == ("1:1", ["1:2"])
    assert (views["dhcp"][0]["network"], views["dhcp"][0]["routers"]) == ("10.9.0.0 255.255.0.0", ["10.9.0.1"])
    assert (views["isis"][0]["net"], views["isis"][0]["level"]) == (["49.0001.0000.0000.0001.00"], "level-2-only")
    assert (views["route_maps"][0]["match"], views["route_maps"][0]["set"]) == (["ip address 1"], ["metric 5"])
    assert views["community_lists"][0]["entries"] == ["permit 1:1"]
    assert views["as_path_lists"][0]["entries"] == ["permit ^1_"]
    assert views["nat"][0]["direction"] == "inside"


def test_views_of_junos():
    rows = rows_of(
        junos(
            "set routing-instances RED instance-type vrf\nset routing-instances RED route-distinguisher 1:1\n"
            "set policy-options policy-statement P term A from protocol bgp\n"
            "set policy-options policy-statement P term A then accept\n"
        )
    )

    assert (rows["vrfs"][0]["type"], rows["vrfs"][0]["rd"], rows["vrfs"][0]["lines"]) == ("vrf", "1:1", [1, 2])
    assert (rows["route_maps"][0]["match"], rows["route_maps"][0]["set"]) == (["protocol bgp"], ["accept"])


def test_an_unknown_view_is_told_with_the_known_ones():
    with pytest.raises(InputError, match="vrfs"):
        table("vrf", _CAMPUS)
