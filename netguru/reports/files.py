"""Writing files whole: a reader sees the old file or the new one, never a part."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator


def write(file: Path, text: str) -> None:
    """Write a text file in one step; raises FileRejectedError where that is not possible."""
    if file.is_dir():
        raise FileRejectedError("is a folder, a file is to be written", place=str(file))
    with staging(file.parent) as stage:
        made = stage / file.name
        made.write_text(text, encoding="utf-8")
        made.replace(file)


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Give a temporary folder beside the final place of files, on the same disk; it vanishes in any case."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".netguru-", dir=folder))
    except FileExistsError:
        raise FileRejectedError("is a file, a folder is to be written", place=str(folder)) from None
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {os.strerror(error.errno or 0)}", place=str(folder)) from None
    try:
        yield stage
    except OSError as error:
        # Errors of other files come through `admit` as FileRejectedError; these are of our own writing.
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(folder)) from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
