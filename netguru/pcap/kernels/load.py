"""Compiled kernels: made by numba once for a machine, kept on disk as machine code (`native`).

The code lies in a folder that is named after everything it depends on: the sources of the kernels,
numba, Python and the processor. Neither looking for it nor loading it imports numba.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from netguru.pcap.kernels import INLINED, KERNELS

if TYPE_CHECKING:
    from collections.abc import Callable

ENTRIES = {
    "framing": ("pcap_records", "pcapng_blocks"),
    "decode": ("decode",),
    "flows": ("assign", "rehash", "collect", "resolve"),
    "tcp": ("analyse",),
    "strict": ("judge", "refill", "release"),
}
"""The kernels that are called from Python; the others are compiled into these."""
MODULES = tuple(ENTRIES)
# Kernels allocate nothing: numba's counting of references, a call for each array of each function, is left out.
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}
_READY = "ready"
_PREFIX = "kernels-"


def compiled(name: str) -> Any:
    """Give a module's kernels compiled, as attributes of one object.

    Those that are on disk are loaded from there; otherwise numba compiles them now, when they are called.
    """
    return _native(name, folder()) if ready() else _jitted(name)


@cache
def _native(name: str, place: Path) -> SimpleNamespace:
    from netguru.pcap.kernels.native import Native, read_manifest

    def otherwise(each: str) -> Callable[[], Any]:
        return lambda: getattr(_jitted(name), each)

    kept = read_manifest(place)[name]
    return SimpleNamespace(**{each: Native(place, forms, otherwise(each)) for each, forms in kept.items()})


def settle() -> None:
    """Give back the memory that loading kernels took and calling them does not need."""
    from netguru.pcap.kernels import native

    native.settle()


@cache
def _jitted(name: str) -> SimpleNamespace:
    import numba

    module = importlib.import_module(f"netguru.pcap.kernels.{name}")
    names: dict[str, Any] = dict(vars(module))
    for each, plain in KERNELS[module.__name__].items():
        within = (module.__name__, each) in INLINED
        names[each] = numba.njit(**_OPTIONS, inline="always" if within else "never")(_bound(plain, names))
    return SimpleNamespace(**{each: names[each] for each in KERNELS[module.__name__]})


def _bound(function: Any, names: dict[str, Any]) -> FunctionType:
    """Copy a function so that the kernels it calls are found among `names`: the compiled ones."""
    copy = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    copy.__module__ = function.__module__
    copy.__qualname__ = function.__qualname__
    return copy


def ready() -> bool:
    """Say whether the compiled kernels are on disk, without importing numba."""
    return (folder() / _READY).exists()


@cache
def folder() -> Path:
    """Name the folder of the compiled kernels: beside the sources, or in the user's cache where these are read-only."""
    name = _PREFIX + _fingerprint()
    beside = Path(__file__).parent / "__pycache__"
    if (beside / name / _READY).exists() or _writable(beside):
        return beside / name
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "netguru" / name


def _writable(place: Path) -> bool:
    try:
        place.mkdir(exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    here = Path(__file__).parent
    # The kernels take the places of columns and bits from the schema.
    for path in (*sorted(here.glob("*.py")), here.parent / "schema.py", here.parent / "chunks.py"):
        digest.update(path.read_bytes())
    digest.update(importlib.metadata.version("numba").encode())
    digest.update(f"{sys.implementation.cache_tag} {platform.machine()} {_processor()}".encode())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Describe the processor: code that was compiled for one may not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return "".join(dict.fromkeys(line for line in lines if line.startswith(("model name", "flags", "Features"))))


def prepare() -> Path:
    """Compile every kernel by running it on a small capture, and keep the machine code, whole or not at all.

    Code of former versions is removed.
    """
    from netguru.pcap.kernels.native import MANIFEST, save
    from netguru.pcap.kernels.warm import run

    place = folder()
    if ready():
        return place
    run()
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".writing-") as name:
        made = Path(name) / "made"
        made.mkdir()
        kept = {
            module: {each: save(made, module, each, getattr(_jitted(module), each)) for each in ENTRIES[module]}
            for module in MODULES
        }
        (made / MANIFEST).write_text(json.dumps(kept), encoding="utf-8")
        (made / _READY).touch()
        with contextlib.suppress(OSError):
            # Another process may have been first: its code is as good.
            made.replace(place)
    for old in place.parent.glob(f"{_PREFIX}*"):
        if old != place and old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
    return place


def prepare_in_background() -> bool:
    """Begin to compile in a process of its own, of low priority, unless that is done; gives whether it began."""
    if ready():
        return False
    # The interpreter and this very package: nothing of it comes from outside.
    subprocess.Popen(  # noqa: S603 - as the comment above says
        [sys.executable, "-m", __package__],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True


def loaded(name: str, *, compile_it: bool) -> Any | ModuleType:
    """Give a module's kernels, compiled or as plain Python."""
    return compiled(name) if compile_it else importlib.import_module(f"netguru.pcap.kernels.{name}")
