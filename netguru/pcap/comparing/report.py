"""The whole comparison: which kind it is, what was compared, and what came out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from netguru.errors import InputError
from netguru.model.coverage import Coverage, Gap
from netguru.pcap.compare_results import CaptureComparison
from netguru.pcap.comparing import tables
from netguru.pcap.comparing.packets import comparable, limits
from netguru.pcap.comparing.path import Path as PathSeen
from netguru.pcap.comparing.path import follow_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.finding import Finding
    from netguru.operations.context import CancelToken, Progress
    from netguru.pcap.capture import CaptureFile

_REASONS = {"lost": "lost on the way", "missed": "left out by the other recorder", "doubled": "a second copy",
            "appeared": "seen behind the other point alone", "elsewhere": "of conversations that the other point lacks",
            "unknown": "without a partner, the way is not known"}  # fmt: skip


def compare_captures(
    a: CaptureFile,
    b: CaptureFile,
    *,
    mode: Literal["auto", "path", "change"],
    interfaces: tuple[int | None, int | None],
    same_clock: bool,
    progress: Progress,
    cancel: CancelToken,
) -> CaptureComparison:
    """Compare two captures; raises InputError when they were taken for one path and share no packet."""
    if mode == "change":
        return _change(a, b, "asked for", progress)
    progress(0, 1, "reading")
    points = tuple(comparable(capture, which) for capture, which in zip((a, b), interfaces, strict=True))
    cancel.check()
    progress(0.4, 1, "pairing packets")
    path = follow_path(*points, same_clock=same_clock)
    cancel.check()
    smaller = min(point.height for point in points)
    common = f"{path.pairs.height} of {smaller} IP packets of the smaller capture are in both"
    enough = max(min(limits()["pairs"], smaller), limits()["pair_share"] * smaller)
    if _contradicts(path):
        common += ", and their times contradict each other: packets would be back before they left"
    if not path.pairs.height or path.pairs.height < enough or _contradicts(path):
        if mode == "auto":
            return _change(a, b, f"only {common}: taken for two times, not two points", progress)
        hint = "two points of one path share packets of the same time; try --mode change"
        raise InputError(f"these are not two points of one path: only {common}", hint=hint)
    return _path(a, b, path, common if mode == "auto" else f"asked for; {common}")


def _contradicts(path: PathSeen) -> bool:
    """Say whether the way there and back would take less than no time, beyond what clocks may drift apart.

    Counters of applications make packets of two times alike; nothing makes them follow one another in time.
    """
    least = path.clock.there_and_back_ns
    if least is None:
        return False
    bounds, times = limits(), path.pairs["time_ns"]
    span = int(times.max()) - int(times.min())  # type: ignore[arg-type]  # of integers
    return least < -(bounds["grain_ms"] * 1e6 + span * bounds["worst_drift_ppm"] / 1e6)


def _path(a: CaptureFile, b: CaptureFile, path: PathSeen, because: str) -> CaptureComparison:
    from netguru.pcap.comparing.findings import Compared, path_findings

    return CaptureComparison(
        a=a.source.name,
        b=b.source.name,
        mode="path",
        because=because,
        findings=path_findings(Compared(a, b, path)),
        clock=tables.clock_relation(path),
        ways=tables.ways(path),
        rewritten=tables.rewritten(path),
        losses=tables.losses(path),
        alone=tables.alone(path),
        coverage=_coverage(a, b, path),
    )


def _coverage(a: CaptureFile, b: CaptureFile, path: PathSeen) -> Coverage:
    """Count the packets of both captures: paired, and the others by what is known of them."""
    total = a.totals.packets + b.totals.packets
    fates: dict[str, int] = {}
    for alone in (path.only_a, path.only_b):
        for row in alone.group_by("fate").len().to_dicts():
            fates[row["fate"]] = fates.get(row["fate"], 0) + row["len"]
    paired = 2 * path.pairs.height
    others = total - path.a.height - path.b.height
    gaps = [Gap(reason=_REASONS[fate], count=count) for fate, count in sorted(fates.items())]
    if path.outside:
        gaps.append(Gap(reason="from before or after the other recording", count=path.outside))
    if others:
        gaps.append(Gap(reason="not IP, of another interface, or beyond the limit", count=others))
    notes = () if path.clock.method != "none" else ("the clocks could not be compared",)
    return Coverage(unit="packets", total=total, read=paired, gaps=tuple(gaps), notes=notes)


def _change(before: CaptureFile, after: CaptureFile, because: str, progress: Progress) -> CaptureComparison:
    from netguru.checks import run
    from netguru.pcap.comparing.changes import services
    from netguru.store.runs import changes

    progress(0.5, 1, "checking both captures")
    old, new = (_checked(run("capture", capture)) for capture in (before, after))
    came, went, stayed = changes(old, new)
    parts = (before.coverage, after.coverage)
    return CaptureComparison(
        a=before.source.name,
        b=after.source.name,
        mode="change",
        because=because,
        findings=came,
        services=services(before, after),
        came=came,
        went=went,
        stayed=stayed,
        coverage=Coverage(
            unit="packets",
            total=sum(part.total for part in parts),
            read=sum(part.read for part in parts),
            gaps=tuple(gap for part in parts for gap in part.gaps),
            parts=tuple(replace(part, parts=()) for part in parts),
        ),
    )


def _checked(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(findings)
