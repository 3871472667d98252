"""Kernels: the loops over packets, each written once, run compiled or as plain Python.

A kernel is a plain function over flat sequences of integers, marked `@kernel`. As it stands it runs
in Python, where lists and bytes are the fast sequences; `load.compiled(module)` gives the same
functions compiled by numba, for numpy arrays, without the interpreter lock. Both give the same
numbers because a kernel keeps to these rules:

- integers only, below 2**63: results of 32-bit arithmetic are masked with `& 0xFFFFFFFF`, and a
  64-bit field is read as a signed number;
- state lives in the sequences that are handed in, `state[base + FIELD]`, never in objects; what can
  grow is enlarged by the caller before the call (one more conversation a row is the most there is);
- a kernel calls kernels of its own module only, and reads module constants that are integers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_F = TypeVar("_F", bound="Callable[..., object]")

KERNELS: dict[str, dict[str, Callable[..., object]]] = {}
"""The kernels of each module by name, in the order of their definition."""


INLINED: set[tuple[str, str]] = set()
"""Module and name of the kernels that are compiled into their callers."""


def inlined(function: _F) -> _F:
    """Mark a kernel that is called for every packet with many arrays: handing these over costs more than copying it."""
    INLINED.add((function.__module__, function.__name__))
    return kernel(function)


def kernel(function: _F) -> _F:
    """Mark a function as a kernel; it stays the plain function that it is."""
    KERNELS.setdefault(function.__module__, {})[function.__name__] = function
    return function
