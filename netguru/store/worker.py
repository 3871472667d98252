"""A worker: takes jobs from the queue one by one, and ends when there is none.

Run as `python -m netguru.store.worker --workspace DIR` by an executor, as leader of its own session.
"""

from __future__ import annotations

import signal
import sys
import time
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NoReturn

from netguru import logs
from netguru.errors import NetGuruError, OperationCancelled, RateLimitedError, ServiceDownError
from netguru.model.result import to_plain
from netguru.operations import CancelToken, use
from netguru.operations.operation import find
from netguru.redact.logged import hide
from netguru.settings import settings
from netguru.store import crew, jobqueue, supervision
from netguru.store.contents import content_key
from netguru.store.places import Location, location
from netguru.store.processes import ProcessId

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from netguru.store.jobqueue import Claim

_BEAT_S = 0.5
_IDLE_S = 0.25


class _Terminated(BaseException):
    """A termination signal; no `except Exception` of an operation holds it up."""


class _Heart(Thread):
    """Send heartbeat and progress, and bring the wish to cancel, while an operation computes."""

    def __init__(self, where: Location, mine: Claim, token: CancelToken) -> None:
        super().__init__(name="netguru-heartbeat", daemon=True)
        self._where, self._mine, self._token = where, mine, token
        self.progress = (0.0, 0.0, "")
        self._stopping = Event()
        self._asked_at: datetime | None = None

    def report(self, done: float, total: float = 0, message: str = "") -> None:
        """Take the operation's progress; it is sent with the next heartbeat."""
        self.progress = (float(done), float(total), str(message))

    def stop(self) -> None:
        """Send a last heartbeat and end."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Beat until stopped."""
        log = logs.logger(__name__)
        last = False
        while not last:
            last = self._stopping.wait(_BEAT_S)
            try:
                wanted = jobqueue.beat(self._where, self._mine, self.progress)
                crew.beat(self._where, self._mine.worker)
            except NetGuruError as error:
                # A database that is locked for long: the next beat may come through.
                log.warning("heartbeat.failed", error=str(error))
                continue
            if wanted != "go on":
                self._token.cancel()
                self._asked_at = self._asked_at or jobqueue.now()
                # Here too, since nobody may be waiting for the cancel. After the end there is nothing to press.
                if not last:
                    supervision.press(self._mine, self._asked_at)


def main(arguments: list[str]) -> int:
    """Work until the queue is empty."""
    signal.signal(signal.SIGTERM, _on_terminate)
    chosen = settings()
    logs.setup(chosen.log_level, chosen.log_format, hide=hide)
    where = location(Path(arguments[arguments.index("--workspace") + 1]))
    me = str(ProcessId.current())
    try:
        work(where, me)
    except _Terminated:
        crew.leave(where, me)
        # A cancel ended this process only; the other jobs go on without waiting for somebody to look.
        supervision.tend(where)
    except NetGuruError as error:
        logs.logger(__name__).error("worker.failed", worker=me, error=str(error))
        return 1
    return 0


def work(where: Location, me: str) -> None:
    """Take a place and do all jobs that wait, also those whose time to be tried again is still to come."""
    while crew.take_place(where, me):
        while jobqueue.waiting(where):
            mine = jobqueue.claim(where, me)
            if mine is not None:
                perform(where, mine)
            else:
                crew.beat(where, me)
                supervision.tend(where)
                time.sleep(_IDLE_S)
        crew.leave(where, me)
        # A job that came between the last look and the leaving saw this worker's place as taken.
        if not jobqueue.waiting(where):
            return


def perform(where: Location, mine: Claim) -> None:
    """Run one job and record how it ended; raises _Terminated when the process is to end."""
    token = CancelToken()
    heart = _Heart(where, mine, token)
    heart.start()
    try:
        with (
            use(workspace=where.folder, progress=heart.report, cancel=token, face="job"),
            logs.bound(job=mine.id, operation=mine.operation, attempt=mine.attempts),
        ):
            outcome = _attempt(mine)
        heart.stop()
        outcome(where)
    except _Terminated:
        if jobqueue.beat(where, mine, heart.progress) == "cancel":
            jobqueue.finish(where, mine, "cancelled")
        else:
            jobqueue.again(where, mine, "lost", supervision.worker_lost("its worker was terminated"))
        raise


def _attempt(mine: Claim) -> Callable[[Location], object]:
    # Gives what is to be recorded, so that recording happens once, outside of the operation's own handlers.
    try:
        item = find(mine.operation)
        key = content_key(item, mine.arguments)
        result = to_plain(item(**mine.arguments))
        # An input that changed meanwhile: nobody knows which of its contents the result belongs to.
        known = key if key is not None and content_key(item, mine.arguments) == key else None
        return partial(jobqueue.finish, mine=mine, state="done", result=result, cache_key=known)
    except OperationCancelled:
        return partial(jobqueue.finish, mine=mine, state="cancelled")
    except (RateLimitedError, ServiceDownError) as error:
        wait_s = error.retry_after or 0.0
        return partial(jobqueue.again, mine=mine, state="queued", error=_plain_error(error), wait_s=wait_s)
    except NetGuruError as error:
        return partial(jobqueue.finish, mine=mine, state="failed", error=_plain_error(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an operation raises ends its job, not the worker
        logs.logger(__name__).error("job.failed", exc_info=error)
        return partial(jobqueue.finish, mine=mine, state="failed", error=_plain_error(error))


def _plain_error(error: BaseException) -> dict[str, Any]:
    return {"type": type(error).__name__, "message": " ".join(str(error).split()) or "without a message"}


def _on_terminate(_number: int, _frame: Any) -> NoReturn:
    # Once: whoever waits for the cancel may ask again while the end is being recorded.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Terminated


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
