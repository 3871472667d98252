"""An operation of a third party that goes on until it is cancelled and then leaves a mark."""

from __future__ import annotations

import threading
from pathlib import Path

from netguru.errors import OperationCancelled
from netguru.operations import CancelToken, Progress, operation


@operation("example.wait")
def wait(mark: Path, *, progress: Progress, cancel: CancelToken) -> dict[str, str]:
    """Go on until it is cancelled.

    Args:
        mark: The file that is written then.
    """
    step = threading.Event()
    for number in range(1, 10_000):
        progress(number, 10_000, "waiting")
        step.wait(0.02)
        try:
            cancel.check()
        except OperationCancelled:
            mark.write_text("cancelled")
            raise
    return {"schema": "netguru.example.wait/1"}
