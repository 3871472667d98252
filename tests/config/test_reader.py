"""The reader: claims configurations by content, and nothing that a device reports about its state."""

from __future__ import annotations

import pytest
from config_support import LAB, SHARED, ios
from hypothesis import given
from hypothesis import strategies as st

from netguru.config.reader import ConfigReader
from netguru.errors import FileRejectedError, NetGuruError
from netguru.model.source import Piece, SourceFile
from netguru.workspace.files import HEAD_BYTES, decode
from netguru.workspace.transcript import split_transcript

_TEXTS = (".txt", ".json", ".cfg", ".conf", ".set", ".log", ".cli", ".raw", "")
# Systems that have no table are not claimed.
_UNSUPPORTED = ("netutils_aruba_aoscx", "netutils_fortios")


def _pieces(path, root):
    file = SourceFile.of(path, name=path.relative_to(root).as_posix())
    with path.open("rb") as stream:
        return split_transcript(file, decode(file, stream.read(HEAD_BYTES)))


def _claims(path, root):
    return [piece for piece in _pieces(path, root) if ConfigReader().recognise(piece) is not None]


def _is_config(path, root):
    folders = path.relative_to(root).parts
    return "configs" in folders or "running" in path.name.lower() or "show run" in path.read_text("latin-1")


def _files(root):
    return sorted(path for path in root.rglob("*") if path.is_file() and path.suffix in _TEXTS)


@pytest.mark.parametrize("network", ["campus/healthy", "campus/faulty", "fabric/healthy", "fabric/faulty"])
def test_lab_files(network):
    root = LAB / network
    wrong = [
        path.relative_to(root).as_posix()
        for path in _files(root)
        if path.name != "truth.json" and bool(_claims(path, root)) != _is_config(path, root)
    ]

    assert wrong == []


@pytest.mark.parametrize("folder", ["cli", "snapshots"])
def test_third_party_outputs(folder):
    root = SHARED / folder
    if not root.exists():
        pytest.skip(f"third-party data is not beside the checkout: {root}")
    wrong = [
        path.relative_to(root).as_posix()
        for path in _files(root)
        if bool(_claims(path, root)) != _is_config(path, root)
    ]

    assert wrong == []


def test_third_party_configurations():
    root = SHARED / "configs"
    if not root.exists():
        pytest.skip(f"third-party data is not beside the checkout: {root}")
    missed = [
        path.stem
        for path in sorted(root.glob("*/*"))
        if not [p for p in _pieces(path, root) if ConfigReader().recognise(p)]
    ]

    assert sorted(missed) == sorted(_UNSUPPORTED)


@pytest.mark.parametrize(
    "text",
    [
        "Interface   IP-Address  OK? Method Status Protocol\nGi0/1  10.0.0.1  YES NVRAM  up  up\n",
        "GigabitEthernet0/1 is up, line protocol is up\n  Internet address is 10.0.0.1/24\n",
        '{"lldp": {"interface": []}}',
        "table inet filter {\n chain input {\n  type filter hook input priority 0;\n }\n}\n",
        "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536\n    inet 127.0.0.1/8 scope host lo\n",
        "Nov 22 10:00:00 core1 %LINK-3-UPDOWN: Interface Gi0/1, changed state to down\n",
        "Dear colleague,\nplease set interfaces in the lab to version 2.\n",
        "",
    ],
)
def test_what_is_no_configuration(text):
    assert ConfigReader().recognise(Piece(file=ios("x\n").piece.file, text=text)) is None


@given(st.text(max_size=400))
def test_judging_any_text_raises_nothing(text):
    ConfigReader().recognise(Piece(file=ios("x\n").piece.file, text=text))


def test_a_file_that_is_no_configuration_is_refused(tmp_path):
    from netguru.config import check, parse

    file = tmp_path / "letter.txt"
    file.write_text("Dear colleague\n")
    for operation in (parse, check):
        with pytest.raises(NetGuruError) as caught:
            operation(file)
        assert "\n" not in str(caught.value)
    with pytest.raises(FileRejectedError):
        parse(tmp_path)
