"""Tables of services: every field beside tshark's, streams of RTP beside its analysis, and what is never kept."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from made_captures import SHARED, ethernet, ipv4, pcap, udp

from netguru import lab
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile
from netguru.pcap.protocols import find, schema, table
from netguru.pcap.protocols.table import TYPES

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "dhcpv6", "esp", "ftp", "ike", "llmnr", "nbns", "netflow", "quic", "radius", "rtcp", "rtp", "sip", "smb", "snmp",
    "ssh", "syslog", "tftp",
)  # fmt: skip
_READ = {
    "dhcpv6__dhcpv6-ia-na.pcap": ("dhcpv6",),
    "dns__DnsPackets.pcap": ("llmnr",),
    "ftp__bruteforce.pcap": ("ftp",),
    "ipsec__isakmp4500.pcap": ("ike", "esp"),
    "quic__quic-29.pcap": ("quic",),
    "quic__quicv2-http3-443.pcap": ("quic",),
    "radius__RADIUS.pcap": ("radius",),
    "sip__sip.pcap": ("sip", "rtp", "rtcp"),
    "sip__wireshark.pcap": ("sip",),
    "snmp__snmpv3_get_next.pcap": ("snmp",),
    "snmp__snmpwalk-short.pcap": ("snmp",),
    "syslog__syslog.pcap": ("syslog",),
}
_WITH_TSHARK = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


@cache
def _shared(name: str) -> CaptureFile:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"third-party captures are not beside the checkout: {name}")
    return CaptureFile(SourceFile.of(path))


def _tshark(path: Path, fields: tuple[str, ...], *options: str) -> dict[int, dict[str, str]]:
    wanted = [part for field in fields for part in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), *options, "-T", "fields", "-E", "aggregator=|", "-e", "frame.number"]
    lines = subprocess.run([*command, *wanted], capture_output=True, text=True, check=True, timeout=60).stdout
    split = [line.split("\t") for line in lines.splitlines()]
    return {int(line[0]): dict(zip(fields, line[1:], strict=True)) for line in split}


def _number(text: str) -> object:
    try:
        return float(int(text, 0)) if text.startswith("0x") else float(text)
    except ValueError:
        return {"True": 1.0, "False": 0.0}.get(text, text)


@_WITH_TSHARK
@pytest.mark.parametrize("file", _READ)
def test_fields_agree_with_tshark(file: str) -> None:
    wanted = {(name, item.name): item.field for name in _READ[file] for item in find(name).columns if item.field}
    capture = _shared(file)
    theirs = _tshark(SHARED / file, tuple(sorted(set(wanted.values()))))
    compared = set()

    for name in _READ[file]:
        for row in table(capture, name).to_dicts():
            for (_, column), field in ((key, field) for key, field in wanted.items() if key[0] == name):
                stated = theirs[row["number"]][field]
                if stated and "|" not in stated and row[column] is not None and not row["tunnel"]:
                    assert _number(stated) == _number(str(row[column])), (row["number"], field)
                    compared.add(name)

    assert compared == set(_READ[file])


@_WITH_TSHARK
def test_every_snmp_name_is_the_one_that_tshark_reads() -> None:
    capture = _shared("snmp__snmpwalk-short.pcap")
    theirs = _tshark(SHARED / "snmp__snmpwalk-short.pcap", ("snmp.name",), "-Y", "frame.number <= 60")

    for row in table(capture, "snmp").head(60).to_dicts():
        assert "|".join(row["oids"]) == theirs[row["number"]]["snmp.name"]


def test_a_table_has_its_declared_columns_when_it_is_empty() -> None:
    capture = _shared("radius__RADIUS.pcap")

    for name in NAMES:
        assert table(capture, name).schema == {column.name: TYPES[column.type] for column in schema(name)}


# What `tshark -z rtp,streams` says of the capture: packets, and the largest jitter in ms where the clock is known.
_STREAMS = {
    0xB80974D8: (29, None),
    0x001A757D: (6, None),
    0x001A759F: (12, None),
    0x001A7E73: (7, None),
    0x00001646: (15, 1.431),
}


def test_streams_are_those_of_tshark() -> None:
    rows = table(_shared("rtp__rtp.pcapng"), "rtp").to_dicts()

    found = {ssrc: [row for row in rows if row["ssrc"] == ssrc] for ssrc in {row["ssrc"] for row in rows}}

    assert {ssrc: len(stream) for ssrc, stream in found.items()} == {ssrc: size for ssrc, (size, _) in _STREAMS.items()}
    for ssrc, (_, jitter) in _STREAMS.items():
        stated = [row["jitter_ms"] for row in found[ssrc]]
        assert (max(stated) if jitter else None) == (pytest.approx(jitter, abs=0.002) if jitter else None)
        assert not any(row["lost_before"] for row in found[ssrc])


def test_a_datagram_alone_and_random_ones_are_no_rtp(tmp_path: Path) -> None:
    loads = [bytes([0x80, (0, 8, 96)[number % 3]]) + sha256(bytes([number])).digest() * 5 for number in range(50)]
    frames = [ethernet(ipv4(udp(load, src=40_000, dst=40_002), 17)) for load in loads]
    path = tmp_path / "random.pcap"
    path.write_bytes(pcap(frames))

    assert table(CaptureFile(SourceFile.of(path)), "rtp").is_empty()


def test_no_community_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "made.pcap"
    path.write_bytes(lab.compose("snmp-community"))

    rows = table(CaptureFile(SourceFile.of(path)), "snmp")

    assert rows["community"].to_list() == ["REDACTED"] * 3
    assert "planted" not in str(rows.to_dicts())
