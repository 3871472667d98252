"""What a large capture no longer needs is given back: pages of libraries, freed memory, tables of messages."""

from __future__ import annotations

import subprocess
import sys

import pytest
from made_captures import LAB

from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile, memory
from netguru.pcap.kernels import load

CAPTURE = LAB / "fabric" / "faulty" / "captures" / "server-trouble.pcapng"
_TABLES = ("dns", "arp", "tls", "icmp", "ospf")
_RESIDENT = """
import re, sys
from pathlib import Path

def resident(name=""):
    found, ours = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match("[0-9a-f]+-[0-9a-f]+ ", line):
            ours = name in line
        elif ours and line.startswith("Rss:"):
            found += int(line.split()[1])
    return found
"""
_FREED = """
import numpy as np
from netguru.pcap.memory import give_back
kept = [np.ones(1000, np.uint8) for _ in range(40_000)]
kept = kept[::40]
before = resident()
give_back()
print(before - resident())
"""
_SET_ASIDE = """
from netguru.pcap.kernels import load
from netguru.pcap.memory import set_aside
flows = load.compiled("flows")
before = resident("libllvmlite")
given = set_aside("libllvmlite")
after = resident("libllvmlite")
import numpy as np
from netguru.pcap.kernels import flows as plain
tables = [np.zeros(64, np.int64) for _ in range(2)]
state = np.arange(3 * plain.WIDTH, dtype=np.int64)
for rehash, table in zip((flows.rehash, plain.rehash), tables):
    rehash(3, state, table, 63)
assert tables[0].any() and (tables[0] == tables[1]).all()
strict = load.compiled("strict")
assert set_aside("a-library-that-is-not-there") == 0
print(before, given // 1024, after)
"""
_PASSED_OVER = """
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile, engine
engine.COMPILED_FROM = 0
capture = CaptureFile(SourceFile.of(Path(sys.argv[1])))
capture.run()
print(resident("libllvmlite"), capture.totals.packets)
"""

_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which pages a library has in memory")
_compiled = pytest.mark.skipif(not load.ready(), reason="the kernels are not compiled yet (make test)")


def _said(code: str, *arguments: object) -> list[int]:
    """Run code in a new process and give the numbers it prints."""
    command = [sys.executable, "-c", _RESIDENT + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(word) for word in done.stdout.split()]


@_linux
def test_freed_memory_goes_back_to_the_machine():
    (fallen,) = _said(_FREED)
    # What malloc freed between the arrays that are kept is some thirty megabytes, in kilobytes here.
    assert fallen > 10_000


@_linux
@_compiled
def test_a_library_that_was_set_aside_works_as_before():
    before, given, after = _said(_SET_ASIDE)
    assert given > 10_000
    assert after <= before - given


@_linux
@_compiled
def test_a_pass_lets_go_of_what_loaded_its_kernels():
    resident, packets = _said(_PASSED_OVER, CAPTURE)
    # What remains are its written pages.
    assert resident < 5_000
    assert packets == CaptureFile(SourceFile.of(CAPTURE)).totals.packets


_SMAPS = """\
7f00-7f20 r-xp 00365000 fe:00 16196903   /some where/libcase.so.1
Rss:                  32 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex mr mw me
7f20-7f30 r--p 00365000 fe:00 16196903   /some where/libcase.so.1
Rss:                   8 kB
Anonymous:             4 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f30-7f40 rw-p 00365000 fe:00 16196903   /some where/libcase.so.1
Rss:                   8 kB
Anonymous:             0 kB
Swap:                  4 kB
VmFlags: rd wr mr mw me
7f40-7f50 r--p 00365000 fe:00 16196903   /some where/libcase.so.1
Rss:                   0 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f50-7f60 r--p 00365000 fe:00 16196904   /some/libcase/libother.so
Rss:                   4 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd mr mw me
7f60-7f70 rw-p 00000000 00:00 0
Rss:                   4 kB
VmFlags: rd wr mr mw me
7f70-7f80 r--p 00365000 fe:00 16196903   /some where/libcase.so.1
Rss:                   4 kB
VmFlags: rd mr mw me
"""


def test_pages_that_were_written_are_never_let_go_of():
    # Of the last stretch the machine does not say whether it was written.
    assert list(memory._unwritten(_SMAPS.splitlines(), "libcase")) == [(0x7F00, 0x7F20, 32 << 10)]


def test_tables_of_a_large_capture_are_made_anew(monkeypatch):
    monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    capture = CaptureFile(SourceFile.of(CAPTURE))
    before = capture.protocol("dns")
    assert not before.is_empty()
    assert capture.protocol("dns") is before
    capture.release_tables()
    again = capture.protocol("dns")
    assert again is not before
    assert again.equals(before)


def test_of_the_tables_of_a_large_capture_the_last_ones_are_held(monkeypatch):
    monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    capture = CaptureFile(SourceFile.of(CAPTURE))
    tables = {name: capture.protocol(name) for name in _TABLES}
    assert [name for name in reversed(_TABLES) if capture.protocol(name) is tables[name]] == list(_TABLES[:0:-1])
    assert capture.protocol(_TABLES[0]).equals(tables[_TABLES[0]])


def test_tables_of_a_small_capture_stay():
    capture = CaptureFile(SourceFile.of(CAPTURE))
    tables = {name: capture.protocol(name) for name in _TABLES}
    capture.release_tables()
    assert all(capture.protocol(name) is table for name, table in tables.items())
