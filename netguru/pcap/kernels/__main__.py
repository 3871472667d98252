"""Compile the kernels of the capture engine for this machine, unless that is done: `python -m netguru.pcap.kernels`."""

from __future__ import annotations

import os

from netguru.pcap.kernels.load import prepare, ready

if not ready():
    # Somebody may be working meanwhile.
    os.nice(10)
    prepare()
