"""Composing a case of the catalogue: the builder of its fault is called and its packets become a file."""

from __future__ import annotations

import struct
from importlib import import_module
from typing import TYPE_CHECKING

from netguru import resources
from netguru.lab.catalogue import case

if TYPE_CHECKING:
    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder

_START_S = 1_767_225_600
_SECOND_NS = 1_000_000_000
_HEADER = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")
_NANOSECOND_MAGIC, _ETHERNET, _LARGEST = 0xA1B23C4D, 1, 262_144


def _builder(name: str) -> Builder:
    family = resources.table("lab-faults.toml")[name]["module"]
    builders: dict[str, Builder] = import_module(f"netguru.lab.families.{family}").BUILDERS
    return builders[name]


def compose(name: str, kind: Kind = "positive") -> bytes:
    """Give the bytes of a capture, the same ones at every call.

    Raises UnknownNameError when the catalogue has no such case.

    >>> compose("arp-storm")[:4].hex()
    '4d3cb2a1'
    """
    from netguru.lab.frames import Trace

    case(name, kind)
    trace = Trace()
    _builder(name)(trace, kind)
    data = _HEADER.pack(_NANOSECOND_MAGIC, 2, 4, 0, 0, _LARGEST, _ETHERNET)
    parts = [data]
    for time_ns, frame in trace.sorted():
        seconds, rest = divmod(time_ns, _SECOND_NS)
        parts.extend((_RECORD.pack(_START_S + seconds, rest, len(frame), len(frame)), frame))
    return b"".join(parts)
