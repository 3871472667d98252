"""Compiled kernels as machine code on disk, called without numba: its import takes longer than a small capture.

numba compiles a kernel to an object file and to a function of known form; the file is kept and
loaded by llvmlite alone. The form (numba's native calling convention): a place for what is returned,
a place for an error, then the arguments; an array is seven words and two more for each further
dimension. Kernels raise nothing and allocate nothing, so what else the files name is never called.
"""

from __future__ import annotations

import ctypes
import json
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.memory import set_aside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

MANIFEST = "kernels.json"
_WORD = ctypes.c_int64
# Symbols that only numba's own wrappers use; the object files hold these beside the kernels.
_UNUSED = (
    "NRT_Free NRT_MemInfo_call_dtor NRT_adapt_ndarray_from_python NRT_Allocate NRT_incref NRT_decref numba_do_raise "
    "numba_adapt_ndarray numba_gil_ensure numba_gil_release numba_runtime_build_excinfo_struct numba_unpickle "
    "numba_native_error"
).split()


def save(folder: Path, module: str, name: str, dispatcher: Any) -> list[dict[str, Any]]:
    """Write the object files of a kernel that numba has compiled; gives their descriptions."""
    described = []
    for number, compiled in enumerate(dispatcher.overloads.values()):
        file = f"{module}.{name}.{number}.o"
        state = compiled.library.serialize_using_object_code()
        (folder / file).write_bytes(state[2][0])
        described.append(
            {
                "file": file,
                "symbol": compiled.fndesc.llvm_func_name,
                "arguments": [_described(kind) for kind in compiled.signature.args],
                "returns": _count(compiled.signature.return_type),
            }
        )
    return described


def _described(kind: Any) -> list[Any]:
    """Describe a type of numba: the numpy type and dimensions of an array in C order, or an integer."""
    if hasattr(kind, "ndim"):
        if kind.layout != "C":
            message = f"a kernel takes arrays in C order, not {kind}"
            raise TypeError(message)
        return [str(kind.dtype), int(kind.ndim)]
    if str(kind) not in {"int64", "Literal[int]"}:
        message = f"a kernel takes arrays and 64-bit integers, not {kind}"
        raise TypeError(message)
    return ["int64", 0]


def _count(kind: Any) -> int:
    if str(kind) == "none":
        return 0
    return int(getattr(kind, "count", 1))


class Native:
    """Call one kernel; arguments of another form than those it was compiled for go to `otherwise`."""

    def __init__(self, folder: Path, forms: Sequence[dict[str, Any]], otherwise: Callable[[], Any]) -> None:
        self._forms = [_Form(folder, form) for form in forms]
        self._otherwise = otherwise

    def __call__(self, *arguments: Any) -> Any:
        """Run the kernel; the interpreter lock is not held meanwhile."""
        for form in self._forms:
            if form.fits(arguments):
                return form(arguments)
        return self._otherwise()(*arguments)


class _Form:
    """One compiled form of a kernel."""

    def __init__(self, folder: Path, form: dict[str, Any]) -> None:
        self._kinds = [(np.dtype(kind) if size else None, size) for kind, size in form["arguments"]]
        words = sum(5 + 2 * size if size else 1 for _, size in self._kinds)
        self._returns = form["returns"]
        self._place = _WORD * max(self._returns, 1)
        address = _load(folder / form["file"], form["symbol"])
        self._function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *[_WORD] * words)(address)

    def fits(self, arguments: Sequence[Any]) -> bool:
        """Say whether the arguments are of this form."""
        if len(arguments) != len(self._kinds):
            return False
        for value, (kind, size) in zip(arguments, self._kinds, strict=True):
            if not size:
                continue
            if not isinstance(value, np.ndarray) or value.dtype != kind or value.ndim != size:
                return False
            if not value.flags.c_contiguous:
                return False
        return True

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """Call the function."""
        words: list[int] = []
        for value, (_, size) in zip(arguments, self._kinds, strict=True):
            if size:
                words += (0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
            else:
                words.append(int(value))
        place, error = self._place(), ctypes.c_void_p()
        status = self._function(ctypes.addressof(place), ctypes.addressof(error), *words)
        if status not in {0, -2}:
            message = f"a compiled kernel ended with status {status}"
            raise SystemError(message)
        if self._returns > 1:
            return tuple(place)
        return place[0] if self._returns else None


@cache
def _linker() -> Any:
    """Give the one that loads object files into this process."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    abort = ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value
    for name in _UNUSED:
        llvm.add_symbol(name, abort)
    machine = llvm.Target.from_default_triple().create_target_machine()
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)


_unsettled: list[str] = []


def settle() -> None:
    """Give back the pages of what loads kernels, if it loaded one since: it is as large as all that a pass keeps."""
    if _unsettled:
        _unsettled.clear()
        set_aside("libllvmlite")


def _load(file: Path, symbol: str) -> int:
    import llvmlite.binding as llvm

    _unsettled.append(symbol)

    linker = _linker()
    linker.add_object_file(llvm.ObjectFileRef.from_path(str(file)))
    linker.finalize_object()
    address: int = linker.get_function_address(symbol)
    if not address:
        message = f"{file.name} does not hold its kernel"
        raise SystemError(message)
    return address


def read_manifest(folder: Path) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Read the descriptions of the kept kernels by module and name."""
    manifest: dict[str, dict[str, list[dict[str, Any]]]] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest
