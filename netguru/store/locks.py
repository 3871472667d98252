"""A lock between the processes of one machine, held by the operating system: it ends with its holder."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold a file's lock during a block, waiting for another holder; raises InputError."""
    try:
        stream = file.open("ab")
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(
            f"the workspace cannot be written: {reason}",
            place=str(file.parent),
            hint="choose another folder with --workspace or NETGURU_WORKSPACE",
        ) from None
    with stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
