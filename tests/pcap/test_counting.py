"""Counting by sorting gives what a set, a counter and numpy's own functions give."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_captures import LAB

from netguru.pcap.counting import counted, distinct, one_of
from netguru.pcap.kernels import load

CAPTURE = LAB / "fabric" / "faulty" / "captures" / "server-trouble.pcapng"

_VALUES = st.lists(st.one_of(st.integers(0, 5), st.integers(0, 2**64 - 1)))


@pytest.mark.parametrize("kind", [np.uint64, np.int64, np.uint8])
@given(values=_VALUES)
def test_values_are_counted(kind, values):
    made = np.array(values, np.uint64).astype(kind)
    found, counts = counted(made)
    assert found.dtype == made.dtype
    assert dict(zip(found.tolist(), counts.tolist(), strict=True)) == Counter(made.tolist())
    assert found.tolist() == sorted(set(made.tolist())) == distinct(made).tolist()


@given(st.lists(st.integers(-5, 300)), st.lists(st.integers(-5, 300), max_size=6))
def test_one_of_a_few_is_as_numpy_says(values, few):
    made = np.array(values, np.int64)
    assert one_of(made, few).tolist() == np.isin(made, few).tolist()


def test_a_summary_loads_no_library_of_tables():
    code = (
        "import sys; from netguru import cli; from netguru.pcap import engine; "
        "engine.COMPILED_FROM = int(sys.argv[2]); "
        "cli.run(['pcap.summary', sys.argv[1], '--json']); "
        "print({'polars', 'pyarrow', 'pandas', 'numba', 'numpy.ma'} & {*sys.modules}, file=sys.stderr)"
    )
    for size in ("8000000", "0") if load.ready() else ("8000000",):
        done = subprocess.run([sys.executable, "-c", code, CAPTURE, size], capture_output=True, text=True, check=True)
        assert done.stderr.strip() == "set()"
