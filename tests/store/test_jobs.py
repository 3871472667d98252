"""Jobs with real processes: what a user, a crash and a restart do to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netguru.errors import InputError, UnknownNameError
from netguru.operations import use
from netguru.operations.operation import find
from netguru.settings import settings
from netguru.store import crew, database, jobqueue, jobs, location, processes
from netguru.store.tables import JobRow

pytestmark = pytest.mark.usefixtures("plugin")


def alive(pid: int) -> bool:
    return bool(processes._started(pid))


def state(number: int, workspace: Path) -> str:
    return jobs.status(number, workspace=workspace).state


def worker_pid(number: int, workspace: Path) -> int:
    [mine] = [item for item in jobqueue.running(location(workspace)) if item.id == number]
    return processes.ProcessId.parse(mine.worker).pid


def kinds(number: int, workspace: Path) -> list[str]:
    return [event.kind for event in jobs.status(number, workspace=workspace).events]


def test_a_job_runs_reports_and_gives_its_result(workspace, tmp_path, until):
    door = tmp_path / "door"
    number = jobs.submit("test.gate", {"door": door}, workspace=workspace)
    until(lambda: jobs.status(number, workspace=workspace).message == "waiting at the door")
    running = jobs.status(number, workspace=workspace)
    assert (running.state, running.done, running.total, running.result) == ("running", 1, 2, None)
    door.touch()
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.done, done.message, done.attempts) == ("done", 2, "through", 1)
    assert done.result == {"schema": "test.said/1", "text": "through door"}
    assert [event.kind for event in done.events] == ["queued", "started", "done"]
    assert [item.id for item in jobs.list(workspace=workspace).jobs] == [number]
    assert jobs.list(workspace=workspace, unfinished=True).jobs == ()


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_a_cancel_is_taken_by_an_operation_that_looks(workspace, tmp_path, until):
    number = jobs.submit("test.gate", {"door": tmp_path / "never"}, workspace=workspace)
    until(lambda: state(number, workspace) == "running")
    pid = worker_pid(number, workspace)
    cancelled = jobs.cancel(number, workspace=workspace)
    assert (cancelled.state, cancelled.cancel_asked) == ("cancelled", True)
    assert kinds(number, workspace) == ["queued", "started", "cancel asked", "cancelled"]
    until(lambda: not alive(pid))


def test_a_waiting_job_is_cancelled_at_once(workspace, tmp_path, monkeypatch, until):
    monkeypatch.setenv("NETGURU_JOB_WORKERS", "1")
    settings.cache_clear()
    first = jobs.submit("test.gate", {"door": tmp_path / "door"}, workspace=workspace)
    second = jobs.submit("test.note", {"book": tmp_path / "book", "line": "x"}, workspace=workspace)
    until(lambda: state(first, workspace) == "running")
    assert jobs.cancel(second, workspace=workspace).state == "cancelled"
    (tmp_path / "door").touch()
    assert jobs.wait(first, workspace=workspace).state == "done"
    assert not (tmp_path / "book").exists()
    assert jobs.cancel(first, workspace=workspace).state == "done", "a job that has ended stays as it is"


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_an_operation_that_does_not_look_is_terminated(workspace, tmp_path, until):
    mark = tmp_path / "mark"
    number = jobs.submit("test.deaf", {"mark": mark}, workspace=workspace)
    pid = int(until(lambda: mark.exists() and mark.read_text()))
    assert jobs.cancel(number, workspace=workspace).state == "cancelled"
    until(lambda: not alive(pid))


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_an_operation_that_resists_is_killed_with_its_children(workspace, tmp_path, until):
    mark = tmp_path / "mark"
    number = jobs.submit("test.immovable", {"mark": mark}, workspace=workspace)
    pids = [int(word) for word in str(until(lambda: mark.exists() and mark.read_text())).split()]
    after = jobs.submit("test.note", {"book": tmp_path / "book", "line": "next"}, workspace=workspace)
    assert jobs.cancel(number, workspace=workspace).state == "cancelled"
    until(lambda: not any(alive(pid) for pid in pids))
    assert jobs.wait(after, workspace=workspace).state == "done", "the next job has a worker again"


def test_nobody_needs_to_wait_for_a_cancel(tmp_path, until):
    mark = tmp_path / "mark"
    number = jobs.submit("test.deaf", {"mark": mark}, workspace=tmp_path)
    pid = int(until(lambda: mark.exists() and mark.read_text()))
    jobqueue.ask_cancel(location(tmp_path), number)
    until(lambda: not alive(pid))
    assert jobqueue.load(location(tmp_path), number).state == "cancelled"


def test_a_killed_worker_is_noticed_and_its_job_tried_again(workspace, tmp_path, until):
    door = tmp_path / "door"
    number = jobs.submit("test.gate", {"door": door}, workspace=workspace)
    until(lambda: state(number, workspace) == "running")
    os.kill(worker_pid(number, workspace), signal.SIGKILL)
    until(lambda: state(number, workspace) == "lost")
    door.touch()
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.attempts) == ("done", 2)
    assert kinds(number, workspace) == ["queued", "started", "lost", "started", "done"]


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_a_terminated_worker_gives_its_job_back(workspace, tmp_path, until):
    door = tmp_path / "door"
    number = jobs.submit("test.gate", {"door": door}, workspace=workspace)
    until(lambda: jobs.status(number, workspace=workspace).message)
    os.kill(worker_pid(number, workspace), signal.SIGTERM)
    door.touch()
    until(lambda: "lost" in kinds(number, workspace) or state(number, workspace) == "done")
    assert jobs.wait(number, workspace=workspace).state == "done"


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_an_operation_that_kills_its_worker_once_gets_another(workspace, tmp_path):
    number = jobs.submit("test.die", {"book": tmp_path / "book"}, workspace=workspace)
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.attempts, done.result["text"]) == ("done", 2, "alive")


def test_the_last_try_that_is_lost_fails_the_job(workspace, monkeypatch):
    monkeypatch.setattr(jobqueue, "FIRST_DELAY_S", 0)
    where = location(workspace)
    where.make()
    number = jobqueue.add(where, "test.gate", {"door": "/never"}, repeatable=True)
    for attempt in range(1, jobqueue.RETRIES + 2):
        last = jobqueue.claim(where, "nobody/1/x")
        assert (last.id, last.attempts) == (number, attempt)
        assert jobqueue.claim(where, "somebody/1/x") is None, "a job is taken once"
        if attempt <= jobqueue.RETRIES:
            assert jobqueue.again(where, last, "lost", {"type": "WorkerLost", "message": "died"})
            assert not jobqueue.finish(where, last, "done"), "it is not that worker's any more"
    # A worker that cannot exist on this machine: no host of that name was heard for long.
    with database.write(where) as session:
        session.get_one(JobRow, number).heartbeat_at = datetime(2020, 1, 1, tzinfo=UTC)
    failed = jobs.status(number, workspace=workspace)
    assert (failed.state, failed.attempts) == ("failed", 4)
    assert failed.error == {"type": "WorkerLost", "message": "worker nobody/1/x died; tried 4 times"}


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_what_costs_is_not_repeated(workspace, tmp_path):
    number = jobs.submit("test.pay", {"book": tmp_path / "book"}, workspace=workspace)
    failed = jobs.wait(number, workspace=workspace)
    assert failed.state == "failed"
    assert "not safe to repeat" in failed.error["message"]
    assert (tmp_path / "book").read_text() == "paid\n"


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_a_service_that_is_down_is_tried_again(workspace, tmp_path):
    number = jobs.submit("test.flaky", {"book": tmp_path / "book", "failures": 1}, workspace=workspace)
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.attempts, done.error) == ("done", 2, None)
    assert done.result["text"] == "worked at try 2"
    assert kinds(number, workspace) == ["queued", "started", "retry", "started", "done"]


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("input", {"type": "InputError", "message": "line 3: the input is wrong"}),
        ("exit", {"type": "SystemExit", "message": "7"}),
        ("crash", {"type": "ZeroDivisionError", "message": "division by zero"}),
    ],
)
def test_a_failure_is_told_and_not_repeated(tmp_path, kind, error):
    number = jobs.submit("test.wrong", {"kind": kind}, workspace=tmp_path)
    failed = jobs.wait(number, workspace=tmp_path)
    assert (failed.state, failed.attempts, failed.error) == ("failed", 1, error)


def test_a_result_that_databases_dislike_is_kept(workspace):
    number = jobs.submit("test.odd", workspace=workspace)
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.result["text"]) == ("done", "nul \0 and half a pair \ud800")


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_jobs_outlive_the_process_that_submitted_them(workspace, tmp_path):
    door = tmp_path / "door"
    code = (
        "import sys; from pathlib import Path; from netguru.store import jobs\n"
        "print(jobs.submit('test.gate', {'door': sys.argv[1]}, workspace=Path(sys.argv[2])))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(door), str(workspace)], check=True, capture_output=True, text=True
    )
    number = int(made.stdout)
    door.touch()
    done = jobs.wait(number, workspace=workspace)
    assert (done.state, done.attempts) == ("done", 1)


def test_two_submitters_and_all_jobs_run_once(workspace, tmp_path, monkeypatch, until):
    monkeypatch.setenv("NETGURU_JOB_WORKERS", "2")
    settings.cache_clear()
    book = tmp_path / "book"
    code = (
        "import sys; from pathlib import Path; from netguru.store import jobs\n"
        "for n in range(10):\n"
        "    jobs.submit('test.note', {'book': sys.argv[1], 'line': f'{sys.argv[3]}{n}'}, workspace=Path(sys.argv[2]))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, str(book), str(workspace), who]) for who in "ab"]
    assert [process.wait() for process in both] == [0, 0]
    most = 0
    while jobs.list(workspace=workspace, unfinished=True).jobs:
        most = max(most, len(crew.members(location(workspace))))
    assert most <= 2
    assert sorted(book.read_text().split()) == sorted(f"{who}{n}" for who in "ab" for n in range(10))
    assert {item.attempts for item in jobs.list(workspace=workspace).jobs} == {1}
    until(lambda: not crew.members(location(workspace)))


@pytest.mark.parametrize("workspace", ["sqlite"], indirect=True)
def test_a_known_result_is_given_again_and_says_so(workspace, tmp_path):
    book, runs = tmp_path / "book", tmp_path / "runs"
    book.write_text("one")

    def run(**changes: object) -> object:
        number = jobs.submit("test.read", {"book": book, "runs": str(runs)}, workspace=workspace, **changes)
        return jobs.wait(number, workspace=workspace)

    first, second = run(), run()
    assert (first.result["text"], first.cached_from) == ("one", None)
    assert (second.result, second.cached_from, second.state) == (first.result, first.id, "done")
    assert "same operation, arguments and contents" in second.events[-1].text
    book.write_text("two")
    assert (run().result["text"], run(fresh=True).cached_from) == ("two", None)
    assert len(runs.read_text().split()) == 3


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("test.gat", {}, "unknown operation 'test.gat' (did you mean test.gate"),
        ("test.gate", {}, "test.gate: DOOR is missing (netguru test.gate --help)"),
        ("test.gate", {"door": "x", "dor": "y"}, "unknown parameter of test.gate 'dor' (did you mean door?)"),
        ("test.serve", {}, "test.serve cannot run as a job"),
        ("job.list", {}, "job.list cannot run as a job"),
    ],
)
def test_wrong_submissions_get_one_line(tmp_path, name, arguments, message):
    with pytest.raises(InputError) as caught:
        jobs.submit(name, arguments, workspace=tmp_path / "new")
    assert str(caught.value).startswith(message)
    assert not (tmp_path / "new").exists()


def test_looking_makes_nothing(tmp_path):
    assert jobs.list(workspace=tmp_path).jobs == ()
    with pytest.raises(UnknownNameError):
        jobs.status(1, workspace=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_cannot_start_is_told(tmp_path, monkeypatch):
    where = location(tmp_path)
    monkeypatch.setenv("NETGURU_LOG_LEVEL", "loud")  # read by the worker; this process has read its settings already
    where.make()
    number = jobqueue.add(where, "test.odd", {}, repeatable=True)
    with pytest.raises(Exception, match=r"a worker for jobs failed: .*log_level") as caught:
        jobs.wait(number, workspace=tmp_path)
    assert type(caught.value).__name__ == "ServiceError"


def test_a_process_number_used_again_is_never_signalled():
    child = subprocess.Popen(["sleep", "100"], start_new_session=True)
    here = processes.ProcessId.current()
    try:
        impostor = processes.ProcessId(here.host, child.pid, "another-1")
        assert impostor.alive() is False
        assert not impostor.signal_group(signal.SIGKILL)
        elsewhere = processes.ProcessId("another-host", child.pid, processes._started(child.pid))
        assert elsewhere.alive() is None
        assert not elsewhere.signal_group(signal.SIGKILL)
        assert child.poll() is None
        real = processes.ProcessId(here.host, child.pid, processes._started(child.pid))
        assert real.signal_group(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        assert not real.signal_group(signal.SIGKILL)
    finally:
        child.kill()


def test_the_command_line_runs_a_plugins_operation_as_a_job(tmp_path):
    def netguru(*words: str) -> dict[str, object]:
        command = [sys.executable, "-m", "netguru", *words, "--workspace", str(tmp_path / "w"), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        return json.loads(done.stdout)

    (tmp_path / "book").write_text("text")
    made = netguru("job.submit", "test.read", "book=book", "runs=" + str(tmp_path / "runs"))
    assert made["schema"] == "netguru.job.status/1"
    done = jobs.wait(made["id"], workspace=tmp_path / "w")
    assert done.result["text"] == "text", "a relative path is the submitter's"
    assert netguru("job.status", str(made["id"]))["state"] == "done"
    assert [item["id"] for item in netguru("job.list")["jobs"]] == [made["id"]]
    assert netguru("job.cancel", str(made["id"]))["state"] == "done"


@pytest.mark.parametrize(
    "words", [["x.pcap", "--top", "5"], ["file=x.pcap", "top=5"], ['{"file": "x.pcap", "top": 5}']]
)
def test_three_spellings_of_arguments(words):
    from netguru.store.job_operations import read_arguments

    item = find("pcap.check")
    read = read_arguments(item, words)
    assert {name: item.parameter(name).coerce(value) for name, value in read.items()} == {
        "file": Path("x.pcap"),
        "top": 5,
    }


def test_the_workspace_of_the_context_is_used(tmp_path):
    with use(workspace=tmp_path / "here"):
        assert location().folder == tmp_path / "here"
    assert location().folder.name == "default"
