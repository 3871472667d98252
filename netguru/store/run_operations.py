"""The operations `run.*`: kept analyses and what changed between them."""

from __future__ import annotations

from netguru.operations import operation
from netguru.store.results import Comparison, RunFindings, Runs


@operation("run.list")
def list_runs(*, limit: int = 100) -> Runs:
    """List the analyses that the workspace keeps, the newest first.

    Args:
        limit: How many to show at most.
    """
    from netguru.store import runs

    return runs.recent(limit=limit)


@operation("run.show")
def show(number: int) -> RunFindings:
    """Show the findings of a kept analysis, worst first.

    Args:
        number: The analysis' number, as `run.list` shows it.
    """
    from netguru.store import runs

    return runs.get(number)


@operation("run.compare")
def compare(before: int, after: int) -> Comparison:
    """Tell which findings are new, gone and still there between two kept analyses.

    A finding is the same when its check and its subject (devices, interfaces, addresses, VLANs)
    are; counts and texts may differ.

    Args:
        before: The number of the earlier analysis.
        after: The number of the later analysis.
    """
    from netguru.store import runs

    return runs.compare(before, after)
