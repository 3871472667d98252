"""Protocol tables: decoders on stored bytes, on arbitrary bytes, and against tshark."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import resources
from netguru.errors import UnknownNameError
from netguru.lab import compose
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile
from netguru.pcap.protocols import find, protocols, schema, table
from netguru.pcap.protocols.table import TYPES

_ROOT = Path(__file__).parents[2]
_LAB = _ROOT / "data" / "samples" / "lab"
_THIRD_PARTY = _ROOT.parent / "shared" / "data" / "captures"
_CASES = _ROOT / "tests" / "cases" / "pcap-protocols"


@cache
def _capture(path: Path) -> CaptureFile:
    return CaptureFile(SourceFile.of(path))


def _lab(name: str) -> CaptureFile:
    return _capture(_LAB / name)


def _third_party(name: str) -> CaptureFile:
    path = _THIRD_PARTY / name
    if not path.is_file():
        pytest.skip(f"third-party captures are not beside the checkout: {name}")
    return _capture(path)


_CASE_NAMES = sorted(path.name for path in _CASES.iterdir())
_NAMES = sorted(protocols())
_PAYLOADS = [bytes.fromhex((_CASES / name / "input.hex").read_text()) for name in _CASE_NAMES]


def _case(name: str) -> tuple[bytes, dict[str, Any]]:
    folder = _CASES / name
    return bytes.fromhex((folder / "input.hex").read_text()), json.loads((folder / "expected.json").read_text())


@pytest.mark.parametrize("name", _CASE_NAMES)
def test_stored_bytes_are_decoded_as_expected(name: str) -> None:
    data, expected = _case(name)
    protocol = find(expected["protocol"])

    rows = protocol.decode(data)

    assert rows == expected["rows"]
    assert [protocol.brief(row) for row in rows] == expected["brief"]


@pytest.mark.parametrize("name", _CASE_NAMES)
def test_every_field_is_declared(name: str) -> None:
    data, expected = _case(name)
    protocol = find(expected["protocol"])
    declared = {column.name for column in protocol.columns}

    for row in protocol.decode(data):
        assert set(row) <= declared


@pytest.mark.parametrize("name", _CASE_NAMES)
def test_a_cut_or_altered_message_never_raises(name: str) -> None:
    data, expected = _case(name)
    protocol = find(expected["protocol"])

    for end in range(len(data)):
        altered = data[:end] + bytes([data[end] ^ 0xFF]) + data[end + 1 :]
        for part in (data[:end], altered):
            for row in protocol.decode(part):
                protocol.brief(row)


@pytest.mark.parametrize("name", _NAMES)
@given(data=st.binary(max_size=200) | st.sampled_from(_PAYLOADS), tail=st.binary(max_size=40))
def test_decoders_are_total(name: str, data: bytes, tail: bytes) -> None:
    protocol = find(name)
    declared = {column.name: column.type for column in protocol.columns}

    for decode in filter(None, (protocol.decode, protocol.decode_tcp)):
        for row in decode(data + tail):
            text = protocol.brief(row)
            assert "\n" not in text
            assert set(row) <= set(declared)
            values = {key: [value] for key, value in row.items()}
            pl.DataFrame(values, schema={key: TYPES[declared[key]] for key in row})


@given(
    name=st.sampled_from(_NAMES),
    prefix=st.sampled_from(_PAYLOADS),
    cut=st.integers(0, 200),
    tail=st.binary(max_size=60),
)
def test_decoders_survive_spliced_messages(name: str, prefix: bytes, cut: int, tail: bytes) -> None:
    protocol = find(name)

    for row in protocol.decode(prefix[:cut] + tail):
        protocol.brief(row)


@pytest.mark.parametrize("name", _NAMES)
def test_a_table_has_its_declared_columns(name: str) -> None:
    frame = table(_lab("fabric/healthy/captures/boot-sw3-ports.pcapng"), name)

    assert frame.schema == pl.Schema({column.name: TYPES[column.type] for column in schema(name)})
    assert frame.columns[:2] == ["number", "time_ns"]


@pytest.mark.parametrize("name", _NAMES)
def test_every_column_says_what_it_means(name: str) -> None:
    for column in schema(name):
        assert column.meaning, column.name
    assert resources.table("protocols", f"{name}.toml")["source"]


def test_an_unknown_protocol_names_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="ospf"):
        find("osfp")


def test_a_message_at_several_interfaces_is_marked_as_a_copy() -> None:
    rows = table(_lab("fabric/faulty/captures/dup-ip-arp-storm.pcapng"), "arp")

    assert rows.height == 1668
    assert rows.filter(pl.col("copy_of").is_null() & (pl.col("sender_mac") == "02:4e:47:13:00:01")).height == 405
    assert rows.filter(pl.col("copy_of") >= pl.col("number")).is_empty()


def test_replies_are_tied_to_requests() -> None:
    rows = table(_lab("fabric/faulty/captures/dns-trouble.pcapng"), "dns")
    slow = rows.filter(pl.col("delay_ms") > 1300).row(0, named=True)
    asked = rows.filter(pl.col("number") == slow["request"]).row(0, named=True)

    assert asked["reply"] == slow["number"]
    assert asked["qname"] == slow["qname"]


# Column -> tshark field, where both print the same text.
_COMPARED = {
    "ospf": {"router_id": "ospf.srcrouter", "area": "ospf.area_id", "hello_interval": "ospf.hello.hello_interval"},
    "stp": {"root_priority": "stp.root.prio", "bridge_mac": "stp.bridge.hw", "max_age": "stp.max_age"},
    "hsrp": {"group": "hsrp.group", "virtual_ip": "hsrp.virt_ip", "opcode": "hsrp.opcode"},
    "vrrp": {"vrid": "vrrp.virt_rtr_id", "priority": "vrrp.prio"},
    "eigrp": {"asn": "eigrp.as", "opcode": "eigrp.opcode"},
    "dhcp": {"message_type": "dhcp.option.dhcp", "client_mac": "dhcp.hw.mac_addr"},
    "dns": {"qname": "dns.qry.name", "reply": "dns.response_in", "request": "dns.response_to"},
    "arp": {"sender_ip": "arp.src.proto_ipv4", "sender_mac": "arp.src.hw_mac", "opcode": "arp.opcode"},
    "cdp": {"device": "cdp.deviceid", "port": "cdp.portid", "native_vlan": "cdp.native_vlan"},
    "lldp": {"system_name": "lldp.tlv.system.name", "ttl": "lldp.time_to_live"},
    "bfd": {"state": "bfd.sta", "diagnostic": "bfd.diag", "my_discriminator": "bfd.my_discriminator"},
    "igmp": {"type": "igmp.type", "group": "igmp.maddr", "version": "igmp.version"},
    "mld": {"group": "icmpv6.mld.multicast_address", "query_interval_s": "icmpv6.mld.qqi"},
    "isis": {
        "type": "isis.type",
        "system_id": "isis.hello.source_id",
        "holding_time": "isis.hello.holding_timer",
        "lifetime": "isis.lsp.remaining_life",
        "sequence": "isis.lsp.sequence_number",
    },
    "lacp": {
        "actor_system": "lacp.actor.sysid",
        "actor_state": "lacp.actor.state",
        "partner_key": "lacp.partner.key",
        "partner_port": "lacp.partner.port",
        "partner_state": "lacp.partner.state",
    },
    "udld": {"opcode": "udld.opcode", "device": "udld.device_id", "port": "udld.sent_through_interface"},
    "icmp": {"type": "icmp.type", "request": "icmp.resp_to", "reply": "icmp.resp_in"},
    "http": {"status": "http.response.code", "host": "http.host", "request": "http.request_in"},
}
_READ = [
    "fabric/faulty/captures/boot-spine2-leaf1.pcap",
    "fabric/faulty/captures/boot-bdr2-branch1.pcapng",
    "fabric/faulty/captures/dns-trouble.pcapng",
    "fabric/faulty/captures/dhcp-no-offer.pcapng",
    "fabric/healthy/captures/dhcp-dns-lan.pcapng",
    "fabric/healthy/captures/server-http.pcap",
    "fabric/healthy/captures/lldp-cdp-bdr1.pcapng",
    "campus/faulty/captures/cdp.pcap",
    "campus/faulty/captures/lldp.pcap",
    "campus/faulty/captures/hsrp-flap.pcap",
    "campus/faulty/captures/vrrp-flap.pcap",
    "campus/faulty/captures/stp-change.pcap",
    "campus/faulty/captures/mgmt-vlan.pcap",
]


@pytest.mark.parametrize("file", _READ)
def test_fields_agree_with_tshark(file: str) -> None:
    assert _compared(_LAB / file) > 0


_COMPOSED = ["bfd-down", "igmp-queriers", "isis-auth", "lacp-timeout", "mld-queriers", "udld-one-way"]
_FOREIGN_CONTROL = [
    "bfd__bfd-multihop.pcap",
    "igmp__IGMP_V2.pcap",
    "isis__ISIS_p2p_adjacency.pcap",
    "lacp__LACP.pcap",
    "udld__UDLD.pcap",
]


@pytest.mark.parametrize("fault", _COMPOSED)
def test_fields_of_composed_packets_agree_with_tshark(fault: str, tmp_path: Path) -> None:
    file = tmp_path / "composed.pcap"
    file.write_bytes(compose(fault))

    assert _compared(file) > 0


@pytest.mark.parametrize("name", _FOREIGN_CONTROL)
def test_fields_of_foreign_control_planes_agree_with_tshark(name: str) -> None:
    _third_party(name)

    assert _compared(_THIRD_PARTY / name) > 0


def _compared(file: Path) -> int:
    """Compare all columns that both know; give how many values were compared."""
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    compared = 0
    for name, wanted in _COMPARED.items():
        # One message a packet on both sides: a field that occurs twice in a packet has no one value.
        rows = [row for row in table(_capture(file), name).to_dicts() if row["copy_of"] is None]
        if not rows:
            continue
        theirs = _tshark(file, tuple(wanted.values()))
        for row in rows:
            for column, field in wanted.items():
                stated = theirs[row["number"]][field]
                if stated and "|" not in stated and row[column] is not None:
                    assert _number(stated) == _number(str(row[column])), (row["number"], field)
                    compared += 1
    return compared


def _number(text: str) -> Any:
    try:
        return float(int(text, 0)) if text.startswith("0x") else float(text)
    except ValueError:
        return text


def _tshark(path: Path, fields: tuple[str, ...]) -> dict[int, dict[str, str]]:
    arguments = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-r", str(path), "-T", "fields", "-E", "aggregator=|", "-e", "frame.number", *arguments]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    split = [line.split("\t") for line in lines]
    return {int(line[0]): dict(zip(fields, line[1:], strict=True)) for line in split}


# Tunnels (also ISL) that are not decoded, a command in fragments that never become whole,
# names in QUIC, and what a heuristic of another protocol takes away.
_DIFFER = {
    "bgp__bgp-shutdown-communication.pcapng",
    "dtp__DTP.pcap",
    "frag__fragmented-3.pcap",
    "gre__gre-sample.pcap",
    "gre__various_gre.pcap",
    "icmp__icmp-destunreach-udp.pcap",
    "quic__quic-29.pcap",
    "quic__quic_handshake.pcap",
    "tcp__heuristic_tcp_ack_payload.pcap",
}


def _foreign() -> list[Any]:
    found = sorted((_THIRD_PARTY / "expected").glob("*.json"))
    names = [path.name.removesuffix(".json") for path in found if not path.name.startswith(("malformed", "large"))]
    return names or [pytest.param("", marks=pytest.mark.skip("third-party captures are not beside the checkout"))]


@pytest.mark.parametrize("name", _foreign())
def test_frames_by_protocol_agree_with_tshark(name: str) -> None:
    if name in _DIFFER:
        pytest.skip("differs for a reason that is written beside the list")
    expected = json.loads((_THIRD_PARTY / "expected" / f"{name}.json").read_text())["frames_by_protocol"]
    capture = _third_party(name)
    # Of QUIC and SMB those packets alone are decoded that say something; RTP is known by its neighbours, not by SDP.
    # IKE and NetFlow have other names there.
    known = set(_NAMES) - {"nd", "http", "tls", "ike", "mld", "netflow", "quic", "rtp", "smb", "ssh"}

    ours = {item: table(capture, item)["number"].n_unique() for item in sorted(known)}

    assert {k: v for k, v in ours.items() if v} == {k: v for k, v in expected.items() if k in known}


@pytest.mark.parametrize("name", _foreign())
def test_server_names_agree_with_tshark(name: str) -> None:
    if name in _DIFFER:
        pytest.skip("differs for a reason that is written beside the list")
    expected = json.loads((_THIRD_PARTY / "expected" / f"{name}.json").read_text())

    names = table(_third_party(name), "tls")["sni"].drop_nulls().unique().to_list()

    assert sorted(names) == sorted(set(expected["sni"]))
