"""What mutants go through: the reader in both ways, and every operation, within limits of time and memory."""

from __future__ import annotations

import resource
import signal
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fuzz_reader
from fuzz_reader import DisagreementError

FLOOR_SECONDS = 5.0
SECONDS_A_MEGABYTE = 1.0
GROWTH_MEGABYTES = 150
FAR_INSIDE = 8
FILTER = '(tcp.flags.syn == 1 or udp.length > 20 or arp or ipv6.nxt == 58) and not dns.qry.name contains "x"'


class OverTimeError(BaseException):
    """Tell that an input took too long; no `except Exception` swallows it."""


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

    fuzz_reader.read_both(path.read_bytes(), None)
    for step in _steps(path, None).values():
        with suppress(NetGuruError):
            step()


def read(data: bytes, packets: int | None, *, both: bool = True) -> Failure | None:
    """Take one capture through the reader alone, from memory; give what went wrong."""
    one = (lambda: fuzz_reader.read_both(data, packets)) if both else (lambda: fuzz_reader.read_once(data))
    return _within_limits({"reader": one}, len(data) / 1_000_000)


def attempt(path: Path, packets: int | None) -> Failure | None:
    """Ask all that NetGuru knows of one capture; give the first failure."""
    return _within_limits(_steps(path, packets), path.stat().st_size / 1_000_000)


def everything(data: bytes, packets: int | None, path: Path) -> Failure | None:
    """Take one capture through the reader and all operations; `path` is where it is written for these."""
    failure = read(data, packets)
    if failure is None:
        path.write_bytes(data)
        failure = attempt(path, packets)
    return failure


def _within_limits(steps: dict[str, Callable[[], object]], size: float) -> Failure | None:
    from netguru.errors import NetGuruError

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    signal.signal(signal.SIGPROF, _late)
    limit = max(FLOOR_SECONDS, SECONDS_A_MEGABYTE * size)
    for name, step in steps.items():
        signal.setitimer(signal.ITIMER_PROF, limit)
        # Compiled code does not hear the first alarm; the second ends the process, whose parent knows the mutant.
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * limit)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)
                step()
        except NetGuruError:
            continue
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # noqa: BLE001 - whatever leaves is the finding
            return _failure(name, error)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
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
        place = f"{step}, {str(error).split(':')[0]}"
    text = f"{step}: {type(error).__name__}: {error}"[:1000]
    return Failure(type(error).__name__, place, text)


def _steps(path: Path, packets: int | None) -> dict[str, Callable[[], object]]:
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
    written.unlink(missing_ok=True)
    return steps


def _some(count: int) -> set[int]:
    return {number for number in (1, 2, count // 2, count - 1, count) if 1 <= number <= count}


def _counted(summary: Any, packets: int | None) -> None:
    if packets is not None and summary.packets != packets:
        raise DisagreementError(f"{summary.packets} packets instead of {packets}")
