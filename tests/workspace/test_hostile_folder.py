"""What a folder may hold beside good files: links, pipes, shut folders, odd names; the rest is read."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from netguru.errors import FileRejectedError
from netguru.workspace import open_capture, open_network, open_pieces, text_readers
from netguru.workspace.files import admit, decode

_CONFIG = """hostname {name}
!
interface GigabitEthernet0/1
 ip address 10.0.0.1 255.255.255.0
!
end
"""


def _config(folder: Path, name: str = "good.cfg") -> Path:
    file = folder / name
    file.write_text(_CONFIG.format(name="r1"), encoding="utf-8")
    return file


def _unread(folder: Path) -> dict[str, str]:
    network = open_network(folder)
    assert [file.name for file in network.files] == ["good.cfg"]
    return {item.name: item.reason for item in network.unread}


def test_links_of_all_kinds_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "net"
    folder.mkdir()
    outside = _config(tmp_path, "outside.cfg")
    _config(folder)
    (folder / "out.cfg").symlink_to(outside)
    (folder / "loop.cfg").symlink_to("loop.cfg")
    (folder / "nowhere.cfg").symlink_to(folder / "missing")
    (folder / "here").symlink_to(".")
    (folder / "above").symlink_to("..")

    reasons = _unread(folder)

    assert reasons["out.cfg"] == "is a link out of the folder"
    assert "symbolic links" in reasons["loop.cfg"]
    assert reasons["nowhere.cfg"] == "does not exist"
    assert reasons["here"] == reasons["above"] == "is a link to a folder, which is not followed"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    _config(tmp_path)
    os.mkfifo(tmp_path / "pipe.cfg")

    assert _unread(tmp_path) == {"pipe.cfg": "is not a regular file"}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_shut_folder_is_listed() -> None:
    # Not below tmp_path: pytest keeps its folders to their owner, at every level.
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        _config(folder)
        (folder / "shut").mkdir(mode=0o700)
        open_network(folder)
        os.seteuid(65534)
        try:
            reasons = _unread(folder)
        finally:
            os.seteuid(0)

    assert reasons == {"shut": "is a folder that cannot be read: Permission denied"}


def test_a_named_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    link = tmp_path / "a" / "latest.cfg"
    link.symlink_to(_config(tmp_path))

    assert open_network(link).configs[0].hostname == "r1"


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 3000, "nul\0byte", "good.cfg/inside"])
def test_a_name_that_no_file_can_have(name: str, tmp_path: Path) -> None:
    _config(tmp_path)
    for opening in (open_network, open_capture, open_pieces):
        with pytest.raises(FileRejectedError):
            opening(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["new\nline.cfg", "esc\x1b[31m.cfg", "\u202egpj.cfg", "<b>.cfg", "-dash.cfg", "\udcff.cfg"]
)
def test_odd_names_are_read(name: str, tmp_path: Path) -> None:
    _config(tmp_path, name)

    assert [file.name for file in open_network(tmp_path).files] == [name]


def test_a_file_that_changes_is_not_taken(tmp_path: Path) -> None:
    path = _config(tmp_path)
    file = admit(path)
    path.write_text(_CONFIG.format(name="r2"), encoding="utf-8")

    with pytest.raises(FileRejectedError, match="changed while it was read"):
        decode(file, b"hostname")
    path.unlink()
    with pytest.raises(FileRejectedError, match="cannot be read"):
        decode(file, b"hostname")


def test_a_reader_that_fails_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _config(tmp_path)

    class Broken:
        name = "broken"
        role = "state"

        def recognise(self, piece: object) -> None:
            del piece
            raise RecursionError

    monkeypatch.setitem(text_readers._items, "broken", Broken())

    assert open_network(tmp_path).configs[0].hostname == "r1"
