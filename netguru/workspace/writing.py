"""Writing files whole: a reader sees the old file or the new one, never a part."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(file: Path, content: str | bytes) -> None:
    """Write a file in one step, folders above it included; raises FileRejectedError where that is not possible."""
    target = _target(file)
    with staging(target.parent, place=str(file)) as stage:
        made = stage / "content"
        made.write_bytes(content.encode() if isinstance(content, str) else content)
        made.replace(target)


def _target(file: Path) -> Path:
    """Give the file that is replaced: where a link leads to; never a folder, a device or a pipe."""
    place = str(file)
    try:
        target = Path(os.path.realpath(file))
        mode = target.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or str(error)
        raise FileRejectedError(f"cannot be written: {reason}", place=place) from None
    if stat.S_ISDIR(mode):
        raise FileRejectedError("is a folder, a file is to be written", place=place)
    if not stat.S_ISREG(mode):
        raise FileRejectedError("is not a regular file, which is to be written", place=place)
    return target


@contextmanager
def staging(folder: Path, *, place: str = "") -> Iterator[Path]:
    """Give a temporary folder beside the final place of files, on the same disk; it vanishes in any case.

    `place` is what errors name, by default the folder.
    """
    place = place or str(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".netguru-", dir=folder))
    except FileExistsError:
        raise FileRejectedError("is a file, a folder is to be written", place=place) from None
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {os.strerror(error.errno or 0)}", place=place) from None
    try:
        yield stage
    except OSError as error:
        # Errors of other files come through `admit` as FileRejectedError; these are of our own writing.
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=place) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
