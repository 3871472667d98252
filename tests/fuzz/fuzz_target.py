"""What every mutant goes through: all that NetGuru says of a capture, within limits of time and memory."""

from __future__ import annotations

import io
import resource
import signal
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FLOOR_SECONDS = 3.0
SECONDS_A_MEGABYTE = 1.0
GROWTH_MEGABYTES = 150
FAR_INSIDE = 8
FILTER = '(tcp.flags.syn == 1 or udp.length > 20 or arp or ipv6.nxt == 58) and not dns.qry.name contains "x"'


class OverTimeError(BaseException):
    """Tell that an input took too long; no `except Exception` swallows it."""


class DisagreementError(AssertionError):
    """Tell that two ways to the same numbers differ."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: `place` is the innermost line of NetGuru, by which failures are told apart."""

    kind: str
    place: str
    text: str

    @property
    def signature(self) -> str:
        """Name failures of one cause alike."""
        return f"{self.kind} at {self.place}"


def warm(path: Path) -> None:
    """Load and compile whatever is loaded and compiled at first use, so that no mutant pays for it."""
    from netguru.pcap.kernels.warm import run

    run()
    from netguru.errors import NetGuruError

    for step in _steps(path, None, both=True).values():
        with suppress(NetGuruError):
            step()


def attempt(path: Path, packets: int | None, *, both: bool = True) -> Failure | None:
    """Read one capture in every way; give the first failure."""
    from netguru.errors import NetGuruError

    size = path.stat().st_size / 1_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGPROF, _late)
    for name, step in _steps(path, packets, both=both).items():
        signal.setitimer(signal.ITIMER_PROF, FLOOR_SECONDS + SECONDS_A_MEGABYTE * size)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                step()
        except NetGuruError:
            continue
        except (Exception, OverTimeError, RecursionError) as error:  # noqa: BLE001 - whatever leaves is the finding
            return _failure(name, error)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt | SystemExit):
                raise
            return _failure(name, error)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    if grown > GROWTH_MEGABYTES + 50 * size:
        return Failure("Growth", "memory", f"{grown:.0f} MB more for {size:.3f} MB")
    return None


def _late(*_: object) -> None:
    raise OverTimeError


def _failure(step: str, error: BaseException) -> Failure:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/netguru/" in frame.filename] or list(frames)
    last = ours[-1]
    place = f"{last.filename.rsplit('/netguru/', 1)[-1]}:{last.lineno} {last.name}"
    if isinstance(error, DisagreementError):
        place = step
    text = f"{step}: {type(error).__name__}: {error}"[:1000]
    return Failure(type(error).__name__, place, text)


def _steps(path: Path, packets: int | None, *, both: bool) -> dict[str, Callable[[], object]]:
    """Give all that is asked of a capture: the operations as users call them, the rest of one open capture."""
    from netguru import checks, pcap
    from netguru.model.source import SourceFile
    from netguru.pcap import protocols
    from netguru.pcap.capture import CaptureFile

    capture = CaptureFile(SourceFile.of(path))
    written = path.with_name("written.pcapng")
    steps: dict[str, Callable[[], object]] = {
        "summary": lambda: _counted(pcap.summary(path), packets),
        "table": lambda: (capture.table(), capture.inner()),
        "flows": lambda: pcap.flows(path, top=20),
        "tcp": lambda: pcap.tcp(path),
        "packets": lambda: pcap.packets(path, top=FAR_INSIDE),
        "filter": lambda: pcap.packets(path, filter=FILTER, top=1),
        "follow": lambda: pcap.follow(path, 0),
        "repair": lambda: pcap.repair(path, out=written),
        "neighbors": capture.neighbors,
        "check": lambda: checks.run("capture", capture, profile="all"),
        "describe": lambda: [capture.describe(number) for number in _some(capture.totals.packets)],
    }
    for name in protocols.protocols():
        steps[f"protocol {name}"] = lambda name=name: capture.protocol(name)
    if both:
        steps["both decoders"] = lambda: compare(path.read_bytes())
    written.unlink(missing_ok=True)
    return steps


def _some(count: int) -> set[int]:
    return {number for number in (1, 2, count // 2, count - 1, count) if 1 <= number <= count}


def _counted(summary: Any, packets: int | None) -> None:
    if packets is not None and summary.packets != packets:
        raise DisagreementError(f"{summary.packets} packets instead of {packets}")


def compare(data: bytes) -> None:
    """Decode by numpy and by the compiled kernels; raises DisagreementError where a table differs."""
    from netguru.errors import NetGuruError

    results = []
    for compiled in (False, True):
        try:
            results.append(_decoded(data, compiled=compiled))
        except NetGuruError as error:
            results.append(f"{type(error).__name__}: {error}")
    plain, fast = results
    if isinstance(plain, str) or isinstance(fast, str):
        if plain != fast:
            raise DisagreementError(f"plain: {plain}, compiled: {fast}"[:600])
        return
    for name, one in plain.items():
        _same(name, one, fast[name])


def _decoded(data: bytes, *, compiled: bool) -> dict[str, Any]:
    """Take a stream through the engine; the one place that knows how to choose a decoder."""
    import polars as pl

    from netguru.pcap.chunks import INNER_COLUMNS
    from netguru.pcap.engine import Engine
    from netguru.pcap.framing import Found
    from netguru.pcap.schema import inner_types

    found = Found()
    engine = Engine(io.BytesIO(data), found, compiled=compiled)
    frames = [pl.DataFrame(schema=inner_types())]
    frames += [chunk.frame(INNER_COLUMNS) for chunk in engine.chunks()]
    damage = pl.DataFrame({"damage": [repr(one) for one in found.damage]}, schema={"damage": pl.String})
    return {"packets": pl.concat(frames), "flows": engine.conversations.table().collect(), "damage": damage}


def _same(name: str, plain: Any, fast: Any) -> None:
    if plain.equals(fast):
        return
    if plain.height != fast.height:
        raise DisagreementError(f"{name}: {plain.height} rows by numpy, {fast.height} compiled")
    for column in plain.columns:
        one, two = plain[column], fast[column]
        if not one.equals(two):
            row = next(at for at in range(one.len()) if one[at] != two[at])
            raise DisagreementError(f"{name}: column {column}, row {row}: {one[row]!r} by numpy, {two[row]!r} compiled")
    raise DisagreementError(f"{name}: other columns or types")
