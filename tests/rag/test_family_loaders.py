"""The files of a network among the documents: by stanza, in words, without secrets and payload."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru import rag
from netguru.checks.reread import evidence_readers
from netguru.config.parsing import parse_text
from netguru.errors import NetGuruError
from netguru.rag import own
from netguru.rag.index import Index
from netguru.rag.loaders import source
from netguru.rag.reading import cut
from netguru.rag.retrieve import retrieve
from netguru.workspace.describers import describers

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.rag.results import Ingested

LAB = Path(__file__).parents[2] / "data/samples/lab"
CAMPUS = LAB / "campus/faulty"
SHARED = Path(__file__).parents[3] / "shared/data"


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Copy what a small network consists of: two devices with a cable, their outputs, one capture."""
    folder = tmp_path / "network"
    for name in ("core1", "dist1"):
        for part in (f"configs/{name}.cfg", f"show/{name}"):
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (CAMPUS / part).is_dir() else shutil.copyfile
            copy(CAMPUS / part, folder / part)
    shutil.copyfile(CAMPUS / "captures/hsrp-flap.pcap", folder / "hsrp-flap.pcap")
    return folder


def _first(question: str, count: int = 3) -> list[tuple[str, str]]:
    return [(item.passage.source, item.passage.heading) for item in retrieve(question, count).found]


def test_a_configuration_is_found_by_its_stanza(network: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(network)
    assert ("configs/dist1.cfg", "dist1 > interface Vlan10") in _first("dist1 interface Vlan10 standby priority")
    found = next(item.passage for item in retrieve("dist1 interface Vlan10 standby priority", 3).found)
    lines = (network / found.source).read_text().splitlines()
    assert lines[found.line_start - 1] == found.text.splitlines()[0]
    assert (found.line_end - found.line_start + 1) == len(found.text.splitlines())


def test_every_line_is_in_one_stanza() -> None:
    texts = [path for folder in ("campus", "fabric") for path in sorted((LAB / folder / "faulty/configs").iterdir())]
    shared = SHARED / "configs"
    texts += sorted(path for path in shared.rglob("*") if path.is_file())[:60] if shared.is_dir() else []
    for path in texts:
        config = parse_text(path.read_bytes().decode("utf-8", "replace"), name=path.name)
        described = describers["config"].describe(config)
        if described is None:
            continue
        numbers = [number for passage in described.passages for number, _ in passage.lines]
        assert numbers == list(range(1, len(config.piece.lines) + 1)), path
        assert all(
            config.piece.lines[number - 1] == text for passage in described.passages for number, text in passage.lines
        ), path


def test_a_passage_keeps_the_lines_of_the_file() -> None:
    document = own.read(CAMPUS, "configs/core1.cfg")
    assert document is not None
    assert (document.format, document.vendor, document.product) == ("config", "Cisco", "IOS")
    lines = (CAMPUS / "configs/core1.cfg").read_text().splitlines()
    for chunk in cut(document):
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.path[0] == "core1"
        last = lines[chunk.line_end - 1]
        assert chunk.text.splitlines()[-1] in (last, own.hidden(last))


_PLANTED = {
    "s3cr3tEnable9": "enable secret 0 s3cr3tEnable9",
    "comm-RW-7781": "snmp-server community comm-RW-7781 RW",
    "ospfKey4711x": " ip ospf message-digest-key 1 md5 ospfKey4711x",
    "userPass0815y": "username admin password 0 userPass0815y",
    "bgpPeerPw55z": " neighbor 192.0.2.1 password bgpPeerPw55z",
}


def test_no_secret_is_stored(network: Path, bring: Callable[[Path], Ingested]) -> None:
    config = network / "configs/core1.cfg"
    config.write_text(config.read_text() + "\n".join(_PLANTED.values()) + "\n")
    (network / "login.txt").write_text("core1#show running-config\n" + config.read_text())
    bring(network)
    index = Index.open("local")
    assert index is not None
    stored = b"".join(file.read_bytes() for file in index.file.parent.iterdir() if file.is_file())
    assert b"interface" in stored
    assert [secret for secret in _PLANTED if secret.encode() in stored] == []
    # The same whenever it is read: a changed file costs its changed passages, and a citation is found again.
    assert len(set(re.findall(rb"REDACTED-[0-9a-f]+", stored))) == 1


def test_a_capture_is_told_without_payload(network: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(network)
    document = own.read(network, "hsrp-flap.pcap")
    assert document is not None
    headings = {block.path[-1] for block in document.blocks}
    assert {"Summary", "Protocols", "Conversations", "Findings"} >= headings >= {"Summary", "Protocols"}
    assert "hsrp" in document.text
    assert _first("hsrp packets in the capture", 2)[0][0] == "hsrp-flap.pcap"


def test_the_payload_of_a_conversation_is_not_stored(tmp_path: Path) -> None:
    from scapy.layers.inet import IP, TCP
    from scapy.layers.l2 import Ether
    from scapy.packet import Raw
    from scapy.utils import wrpcap

    ends = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(src="192.0.2.1", dst="192.0.2.2")
    segment = TCP(sport=40000, dport=23, flags="PA", seq=1)
    wrpcap(str(tmp_path / "telnet.pcap"), [ends / segment / Raw(b"login: root\r\npassword hunter2hunter2\r\n")])
    document = own.read(tmp_path, "telnet.pcap")
    assert document is not None
    assert "192.0.2.2:23" in document.text
    assert "hunter2" not in document.text


def test_cables_are_told_and_follow_the_files(network: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(network)
    found = retrieve("to which device is core1 connected", 3).found
    told = next(item.passage for item in found if item.passage.source == "@topology")
    assert re.search(r"core1 \S+ is connected to dist1 \S+", told.text)
    assert bring(network).passages == 0
    rag.remove("*")
    assert bring(network).added
    assert any(source == "@topology" for source, _ in _first("to which device is core1 connected"))
    shutil.rmtree(network / "show")
    for file in (network / "configs").iterdir():
        file.unlink()
    bring(network)
    index = Index.open("local")
    assert index is not None
    assert index.document("@topology") is None


def test_states_of_one_network_are_networks_of_their_own(network: Path, bring: Callable[[Path], Ingested]) -> None:
    for state in ("before", "after"):
        shutil.copytree(network / "configs", network.parent / "states" / state / "configs")
        shutil.copytree(network / "show", network.parent / "states" / state / "show")
    bring(network.parent / "states")
    sources = {item.passage.source for item in retrieve("core1 is connected to dist1", 8).found}
    assert {"after/@topology", "before/@topology"} <= sources


def test_a_long_log_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = next(path for path in sorted((LAB / "fabric/faulty").rglob("*.log")) if path.stat().st_size)
    (tmp_path / "long.log").write_text(log.read_text() * 50)
    monkeypatch.setitem(source._own_limits, "characters", 5000)
    document = own.read(tmp_path, "long.log")
    assert document is not None
    assert len(document.text) <= 5000
    assert document.text.splitlines()[-1] in log.read_text().splitlines()
    assert document.damages[-1].startswith("cut after 4,")


def test_the_truth_of_a_sample_is_never_read(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    (tmp_path / "truth.json").write_text('{"faults": ["mtu-mismatch"]}')
    assert bring(tmp_path).added == 0


def test_documents_are_not_taken_for_files_of_a_network() -> None:
    folder = SHARED / "docs"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    taken = []
    for file in sorted(folder.rglob("*.txt")):
        uri = file.relative_to(folder).as_posix()
        try:
            document = own.read(folder, uri)
        except NetGuruError:
            continue
        if document is not None:
            taken.append(uri)
    assert taken == []


def test_a_citation_is_found_again_in_the_file(network: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(network)
    answer = rag.ask("What is the standby priority of dist1 on Vlan10?")
    rag.remove("*")
    assert answer.citations
    for item in answer.citations:
        if item.source != "@topology":
            assert evidence_readers["passage"](item, network / item.source), item
