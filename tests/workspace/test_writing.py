"""Writing results: whole or not at all, and never over what is no file."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from netguru.errors import FileRejectedError
from netguru.workspace.writing import write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def _small_disk() -> Iterator[None]:
    """Let every write end at 2,000 bytes, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, ignored)


@pytest.mark.usefixtures("_small_disk")
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text("old")

    with pytest.raises(FileRejectedError, match=r"page\.html: cannot be written: File too large"):
        write(file, "x" * 5_000)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_no_file_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    with pytest.raises(FileRejectedError, match="pipe: is not a regular file"):
        write(pipe, "x")
    with pytest.raises(FileRejectedError, match="is a folder"):
        write(tmp_path, "x")
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["n" * 300, "file/below", "nul\0"])
def test_a_name_that_cannot_be(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FileRejectedError):
        write(tmp_path / name, b"x")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to("page.html")

    write(tmp_path / "link.html", "new")

    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "page.html").read_text() == "new"
