"""The sidecar answers as the capture does, and is not used for a file that changed or where it is broken."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
from made_captures import LAB

from netguru import pcap as room
from netguru.errors import FileRejectedError, OperationCancelled
from netguru.model.source import SourceFile
from netguru.operations.context import CancelToken, use
from netguru.pcap import sidecar
from netguru.pcap.capture import CaptureFile

CAPTURE = LAB / "fabric" / "faulty" / "captures" / "lossy-cable.pcap"
TUNNELS = LAB / "fabric" / "faulty" / "captures" / "server-trouble.pcapng"


@pytest.fixture(autouse=True)
def large(monkeypatch, tmp_path):
    """Send small captures the way of large ones, in a workspace of their own."""
    monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    with use(workspace=tmp_path / "workspace"):
        yield


def found(folder, path):
    return sidecar.find(folder / "workspace" / ".netguru", SourceFile.of(path))


@pytest.mark.parametrize("path", [CAPTURE, TUNNELS], ids=lambda path: path.name)
def test_answers_are_the_same(tmp_path, path):
    def answers():
        return (
            room.summary(path).to_dict(),
            room.flows(path, top=500).to_dict(),
            room.tcp(path).to_dict(),
            room.packets(path, filter="tcp.analysis.retransmission or icmp", top=500).to_dict(),
            room.query(path, "SELECT number, src, tunnel FROM inside").to_dict(),
            room.check(path, top=0).to_dict(),
        )

    before = answers()
    assert found(tmp_path, path) is None
    room.index(path)
    assert found(tmp_path, path) is not None
    assert CaptureFile(SourceFile.of(path)).indexed
    assert answers() == before


def test_a_changed_capture_is_read_anew(tmp_path):
    path = tmp_path / "changing.pcap"
    shutil.copy(CAPTURE, path)
    room.index(path)
    whole = room.summary(path).packets
    path.write_bytes(path.read_bytes()[:-1])
    assert found(tmp_path, path) is None
    assert room.summary(path).packets == whole - 1


@pytest.mark.parametrize("block", [0, 7, 15])
def test_a_capture_overwritten_within_a_tick_of_the_clock_is_read_anew(tmp_path, block):
    path = tmp_path / "changing.pcap"
    shutil.copy(CAPTURE, path)
    room.index(path)
    list_of_files = tmp_path / "workspace" / ".netguru" / "captures" / "known.json"
    (digests,) = json.loads(list_of_files.read_text()).values()
    with path.open("r+b") as stream:
        stream.seek((path.stat().st_size - 4096) * block // 15 + 100)
        byte = stream.read(1)
        stream.seek(-1, 1)
        stream.write(bytes([byte[0] ^ 255]))
    # What a file system tells of the file is as if the clock had not moved.
    room.index(path)
    status = path.stat()
    times = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    assert found(tmp_path, path) is not None
    list_of_files.write_text(json.dumps({":".join(map(str, (path.resolve(), *times))): digests}))
    assert found(tmp_path, path) is None


def test_another_file_in_its_place_is_read_anew(tmp_path):
    path, other = tmp_path / "a.pcap", tmp_path / "b.pcap"
    shutil.copy(CAPTURE, path)
    room.index(path)
    times = path.stat()
    shutil.copy(CAPTURE, other)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(path)
    assert found(tmp_path, path) is None
    assert room.summary(path).packets == 784


def test_a_capture_that_changes_while_it_is_indexed_is_not_kept(tmp_path):
    path = tmp_path / "growing.pcap"
    shutil.copy(CAPTURE, path)

    def grow(*_):
        with path.open("ab") as stream:
            stream.write(bytes(16))

    with use(progress=grow), pytest.raises(FileRejectedError, match="changed while it was read"):
        room.index(path)
    assert found(tmp_path, path) is None
    assert not list((tmp_path / "workspace").rglob("*.parquet"))


@pytest.mark.parametrize("known", ["[]", "3", '{"a": 3}', "\xff"])
def test_a_broken_list_of_files_is_none(tmp_path, known):
    room.index(CAPTURE)
    (tmp_path / "workspace" / ".netguru" / "captures" / "known.json").write_text(known, encoding="latin-1")
    assert found(tmp_path, CAPTURE) is None
    room.index(CAPTURE)
    assert found(tmp_path, CAPTURE) is not None


@pytest.mark.parametrize("about", ["", "[]", "{}", '{"version": "0"}', "\xff"])
def test_a_broken_sidecar_is_none(tmp_path, about):
    room.index(CAPTURE)
    (found(tmp_path, CAPTURE).folder / "about.json").write_text(about, encoding="latin-1")
    assert found(tmp_path, CAPTURE) is None
    assert room.summary(CAPTURE).packets == 784


def test_a_sidecar_without_its_table_is_none(tmp_path):
    room.index(CAPTURE)
    (found(tmp_path, CAPTURE).folder / "packets.parquet").unlink()
    assert found(tmp_path, CAPTURE) is None


def test_a_cancelled_index_leaves_nothing(tmp_path):
    token = CancelToken()
    token.cancel()
    with use(cancel=token), pytest.raises(OperationCancelled):
        room.index(CAPTURE)
    assert found(tmp_path, CAPTURE) is None
    assert not list((tmp_path / "workspace").rglob("*.parquet"))


@pytest.mark.parametrize("operation", ["summary", "flows", "tcp", "check"])
def test_every_pass_can_be_cancelled_and_tells_how_far_it_is(operation):
    told = []
    with use(progress=lambda done, _total, message: told.append((done, message))):
        getattr(room, operation)(CAPTURE)
    assert (784, "packets read") in told
    token = CancelToken()
    token.cancel()
    with use(cancel=token), pytest.raises(OperationCancelled):
        getattr(room, operation)(CAPTURE)


def test_compiled_kernels_run_without_numba():
    code = f"""
import json, sys
from netguru.pcap import engine
from netguru.pcap.kernels import load
load.prepare()
for name in [name for name in sys.modules if name.startswith("numba")]:
    del sys.modules[name]
sys.modules["numba"] = None
engine.COMPILED_FROM = 0
from pathlib import Path
from netguru import pcap
found = pcap.tcp(Path({str(CAPTURE)!r}))
print(json.dumps([found.strict.resends.count, sorted(set(sys.modules) & {{"llvmlite", "scapy", "pyshark"}})]))
"""
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert json.loads(told) == [32, ["llvmlite"]]


def test_a_flow_that_only_an_icmp_error_quotes_is_not_counted(tmp_path):
    from scapy.layers.inet import ICMP, IP, UDP
    from scapy.layers.l2 import Ether
    from scapy.utils import wrpcap

    there, back = {"src": "192.0.2.1", "dst": "192.0.2.2"}, {"src": "192.0.2.9", "dst": "192.0.2.1"}
    quoted = IP(src="192.0.2.1", dst="198.51.100.7") / UDP(sport=40000, dport=33434)
    path = tmp_path / "quoted.pcap"
    wrpcap(
        str(path), [Ether() / IP(**there) / UDP(sport=5000, dport=53), Ether() / IP(**back) / ICMP(type=11) / quoted]
    )
    listed = room.flows(path)
    assert room.index(path).flows == listed.total == len(listed.flows) == 2
