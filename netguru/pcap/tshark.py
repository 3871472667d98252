"""tshark, run on untrusted bytes: bounded in time, memory and output, without settings or names.

What fails is reported as ServiceError; nothing of the user's Wireshark configuration is read or written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from functools import cache
from threading import Timer
from typing import TYPE_CHECKING

from netguru.errors import MissingExtraError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TIMEOUT_S = 20.0
MOST_OUTPUT = 64 << 20
_MOST_MEMORY = 4 << 30
_INSTALL = "apt install tshark (or Wireshark from wireshark.org)"
_VERSION = re.compile(rb"TShark.*?(\d+\.\d+\.\d+)")


def find() -> str:
    """Give the path of the program; empty when it is not installed."""
    return shutil.which("tshark") or ""


def demand() -> str:
    """Give the path of the program; raises MissingExtraError when it is not installed."""
    program = find()
    if not program:
        raise MissingExtraError("tshark", _INSTALL)
    return program


@cache
def version(program: str) -> str:
    """Give the version of the program, empty when it does not say."""
    with tempfile.TemporaryDirectory(prefix="netguru-") as home:
        said = _run([program, "--version"], home)[1]
    found = _VERSION.search(said)
    return found[1].decode() if found else ""


def run(file: Path, arguments: Sequence[str]) -> bytes:
    """Run tshark on a capture file and give what it prints.

    Raises MissingExtraError when it is not installed, ServiceError when it fails, prints too much or
    takes too long. A file that is cut short is no failure: what was read before is given.
    """
    program = demand()
    with tempfile.TemporaryDirectory(prefix="netguru-") as home:
        status, printed, complaint = _run([program, "-n", "-r", str(file), *arguments], home)
    if status and not printed:
        raise ServiceError(f"tshark failed with status {status}: {complaint}")
    return printed


def environment(home: str) -> Mapping[str, str]:
    """Give the environment in which tshark finds no settings of a user and speaks UTF-8."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": home,
        "WIRESHARK_CONFIG_DIR": home,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
    }


def _run(command: list[str], home: str) -> tuple[int, bytes, str]:
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(  # noqa: S603 - a program of the machine, arguments as a list
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env=dict(environment(home))
            )
        except OSError as error:
            raise ServiceError(f"tshark cannot be started: {error.strerror or error}") from None
        _limit(process.pid)
        timer = Timer(TIMEOUT_S, process.kill)
        timer.start()
        try:
            with process:
                assert process.stdout is not None  # noqa: S101 - asked for above
                printed = process.stdout.read(MOST_OUTPUT + 1)
                if len(printed) > MOST_OUTPUT:
                    process.kill()
                    raise ServiceError(f"tshark printed more than {MOST_OUTPUT >> 20} MB")
                status = process.wait()
        finally:
            late = not timer.is_alive()
            timer.cancel()
        if late and status < 0:
            raise ServiceError(f"tshark took more than {TIMEOUT_S:.0f} s")
        errors.seek(0)
        return status, printed, _last_line(errors.read(1 << 16))


def _limit(process: int) -> None:
    """Bound the memory of the process where the system can do that from outside."""
    with suppress(ImportError, AttributeError, OSError, ValueError):
        import resource

        resource.prlimit(process, resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


def _last_line(text: bytes) -> str:
    from netguru.pcap.protocols.wire import clean

    lines = [line for line in text.decode("utf-8", "replace").splitlines() if line.strip()]
    return clean(lines[-1]) if lines else "it says nothing"
