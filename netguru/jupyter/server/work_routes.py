"""Routes of files, analyses, topology, evidence and captures."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from netguru.errors import FileRejectedError, InputError
from netguru.jupyter.server.reaching import reach, reach_file
from netguru.jupyter.server.routing import Call, route
from netguru.model.result import to_plain
from netguru.operations.context import use
from netguru.operations.operation import find
from netguru.store import files, jobs, ownership

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.store.results import Job, StoredFile

_ANALYSES = {"pcap": ("pcap.check", "file"), "config": ("config.check", "path"), "diagnose": ("diagnosis.run", "path")}
_PROGRAMS = frozenset({"elf"})
_AROUND = 12
_LONGEST_PLACE = 400
_LONGEST_LINE = 10_000
# Of a text this much is shown; configurations are far smaller, logs may be larger.
_MOST_TEXT = 32_000_000
_PACKETS_AROUND = 5
_MOST_OFFSET = 100_000


def path_of(call: Call, stated: str) -> Path:
    """Bring a stated path to one that the user may read; raises InputError, FileRejectedError."""
    return reach(stated, call.service, call.owner)


async def run(call: Call, name: str, **arguments: Any) -> Any:
    """Run an operation in a thread."""

    def work() -> Any:
        with use(workspace=call.service.workspace, face="tool"):
            return find(name)(**arguments)

    return await asyncio.to_thread(work)


def file_plain(item: StoredFile) -> dict[str, Any]:
    """Give the JSON form of a file."""
    plain = to_plain(item)
    return {key: plain[key] for key in ("id", "name", "kind", "size", "sha256", "added_at")}


@route("GET", "files")
async def file_list(call: Call) -> Any:
    """List the user's files."""
    found = await asyncio.to_thread(ownership.files_of, call.owner, workspace=call.service.workspace)
    return {"items": [file_plain(item) for item in found], "next": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that came: its name and its bytes."""

    name: str
    stream: BinaryIO


@route("POST", "files", body={"": "the file, raw with its name in X-File-Name, or multipart/form-data"}, answers=201)
async def file_added(call: Call) -> Any:
    """Keep a file of the user."""
    return await asyncio.to_thread(_keep, call)


def _keep(call: Call) -> dict[str, Any]:
    where, upload = call.service.workspace, call.body
    stored = files.receive(upload.stream, upload.name, workspace=where)
    if stored.kind in _PROGRAMS:
        if stored.new:
            files.remove(stored.id, workspace=where)
        raise FileRejectedError("is a program: captures, texts and documents are taken", place=stored.name)
    ownership.claim_file(stored.id, call.owner, workspace=where)
    return file_plain(ownership.file_of(stored.id, call.owner, workspace=where))


@route("GET", "files/{id}")
async def file_one(call: Call) -> Any:
    """Give a file of the user."""
    where = call.service.workspace
    return file_plain(await asyncio.to_thread(ownership.file_of, call.number(), call.owner, workspace=where))


@route("DELETE", "files/{id}", answers=204)
async def file_removed(call: Call) -> Any:
    """Remove a file of the user."""
    where = call.service.workspace
    await asyncio.to_thread(ownership.release_file, call.number(), call.owner, workspace=where)


@route(
    "POST",
    "analysis",
    body={"kind": "pcap, config or diagnose", "path": "a path in the workspace", "file": "or the number of a file"},
    answers=202,
)
async def analysis(call: Call) -> Any:
    """Begin an analysis as a job."""
    kind = call.stated("kind")
    if kind not in _ANALYSES:
        raise InputError(f"kind: {kind!r} is not one of {', '.join(_ANALYSES)}")
    operation, parameter = _ANALYSES[kind]
    path = await asyncio.to_thread(_input, call)
    where = call.service.workspace
    number = await asyncio.to_thread(jobs.submit, operation, {parameter: path}, workspace=where)
    await asyncio.to_thread(ownership.claim_job, number, call.owner, workspace=where)
    return _job_plain(await asyncio.to_thread(jobs.status, number, workspace=where))


def _input(call: Call) -> Path:
    stated = call.body.get("file") if isinstance(call.body, dict) else None
    if stated is None:
        return path_of(call, call.stated("path"))
    if not isinstance(stated, int):
        raise InputError("file is not the number of a file")
    return reach_file(stated, call.service, call.owner)


def _job_plain(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "operation": job.operation,
        "state": job.state,
        "progress": {"done": job.done, "total": job.total, "message": job.message},
        "error": job.error,
    }


async def _job(call: Call) -> Job:
    where = call.service.workspace
    await asyncio.to_thread(ownership.check_job, call.number(), call.owner, workspace=where)
    return await asyncio.to_thread(jobs.status, call.number(), workspace=where)


@route("GET", "analysis/{id}")
async def analysis_state(call: Call) -> Any:
    """Tell how an analysis stands."""
    return _job_plain(await _job(call))


@route("GET", "analysis/{id}/result")
async def analysis_result(call: Call) -> Any:
    """Give the result of an analysis that is done."""
    job = await _job(call)
    if job.state != "done":
        raise InputError(f"the analysis is {job.state}, it has no result")
    return job.result


@route("DELETE", "analysis/{id}")
async def analysis_cancelled(call: Call) -> Any:
    """Stop an analysis and wait until it stands still."""
    await _job(call)
    return _job_plain(await asyncio.to_thread(jobs.cancel, call.number(), workspace=call.service.workspace))


@route("GET", "topology/{snapshot}")
async def topology(call: Call) -> Any:
    """Build the graph of a network's folder; the snapshot is its path, or `current` for the whole folder."""
    stated = call.path["snapshot"]
    folder = call.service.folder if stated == "current" else path_of(call, stated)
    return to_plain(await run(call, "topology.build", folder=folder))


@route(
    "GET",
    "evidence",
    query={"source": "the source as cited", "kind": "line, packet or passage", "place": "first-last, as cited"},
)
async def evidence(call: Call) -> Any:
    """Open a place that an answer cites, with what stands around it."""
    source, kind = call.query.get("source", ""), call.query.get("kind", "")
    first, _, last = call.query.get("place", "").partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise InputError("place is not first-last")
    start, end = int(first), int(last or first)
    if kind in ("passage", "passages"):
        return await _passage(call, source, start, end)
    path = await asyncio.to_thread(path_of, call, source)
    if kind in ("line", "lines"):
        return await asyncio.to_thread(_lines, path, source, start, end)
    if kind in ("packet", "packets"):
        return await _packets(call, path, source, start, end)
    raise InputError(f"kind: {kind!r} is not one of line, packet, passage")


def _read_lines(path: Path) -> list[str]:
    """Read a text as lines numbered as citations number them; raises FileRejectedError for what is no text."""
    from netguru.model.source import split_lines
    from netguru.workspace.files import admit, decode, read_bytes

    file = admit(path)
    return [line[:_LONGEST_LINE] for line in split_lines(decode(file, read_bytes(file, _MOST_TEXT)))]


@route(
    "GET",
    "text",
    query={"path": "a text file", "offset": "lines to skip", "limit": "how many"},
)
async def text(call: Call) -> Any:
    """Give a page of a text file's lines."""
    path = await asyncio.to_thread(path_of, call, call.query.get("path", ""))
    offset, limit = call.count("offset", 0, most=2**31, least=0), call.count("limit", 500, most=5000)
    lines = await asyncio.to_thread(_read_lines, path)
    shown = [{"number": offset + at, "text": line} for at, line in enumerate(lines[offset : offset + limit], 1)]
    after = offset + len(shown)
    return {"lines": shown, "total": len(lines), "offset": offset, "next": after if after < len(lines) else None}


def _lines(path: Path, source: str, start: int, end: int) -> dict[str, Any]:
    lines = _read_lines(path)
    if not 1 <= start <= end <= len(lines):
        raise InputError(f"the file has {len(lines)} lines", place=source)
    last = min(end, start + _LONGEST_PLACE)
    span = range(max(1, start - _AROUND), min(len(lines), last + _AROUND) + 1)
    shown = [{"number": number, "text": lines[number - 1], "marked": start <= number <= end} for number in span]
    return {"kind": "lines", "source": source, "title": f"{path.name} lines {start}-{end}", "lines": shown}


async def _packets(call: Call, path: Path, source: str, start: int, end: int) -> dict[str, Any]:
    first = max(1, start - _PACKETS_AROUND)
    last = min(end, start + _LONGEST_PLACE) + _PACKETS_AROUND
    found = to_plain(await run(call, "pcap.packets", file=path, first=first, last=last, top=last - first + 1))
    rows = [packet_plain(row) | {"marked": start <= row["number"] <= end} for row in found["packets"]]
    if start == end and any(row["marked"] for row in rows):
        details = to_plain(await run(call, "pcap.dissect", file=path, number=start))
        for row in rows:
            row["fields"] = details["layers"] if row["marked"] else []
    return {"kind": "packets", "source": source, "title": f"{path.name} packets {start}-{end}", "packets": rows}


def packet_plain(row: dict[str, Any]) -> dict[str, Any]:
    """Give a packet as a row of a packet table: its protocol and what it says, apart."""
    words = str(row["description"]).split(" > ", 1)[-1].split()[1:]
    while words[:1] == ["vlan"]:
        words = words[2:]
    shown = {key: row[key] for key in ("number", "time", "source", "destination", "length")}
    return {**shown, "protocol": words[0] if words else "", "info": " ".join(words[1:]), "fields": []}


async def _passage(call: Call, source: str, start: int, end: int) -> dict[str, Any]:
    found = to_plain(await run(call, "rag.view", source=source, start=start, end=end))
    pieces = [(found["before"], False), (found["quote"], True), (found["after"], False)]
    return {
        "kind": "passage",
        "source": source,
        "title": found.get("heading") or source,
        "html_text": [{"text": text, "marked": marked} for text, marked in pieces if text],
    }


@route(
    "GET",
    "capture",
    query={"path": "a capture", "offset": "packets to skip", "limit": "how many", "filter": "a display filter"},
)
async def capture(call: Call) -> Any:
    """Give a page of a capture's packet table."""
    path = await asyncio.to_thread(path_of, call, call.query.get("path", ""))
    offset = call.count("offset", 0, most=_MOST_OFFSET if call.query.get("filter") else 2**62, least=0)
    limit = call.count("limit", 100, most=1000)
    chosen = call.query.get("filter", "")
    ask = partial(run, call, "pcap.packets", file=path)
    if chosen:
        found = to_plain(await ask(filter=chosen, top=offset + limit))
        rows = found["packets"][offset:]
    else:
        found = to_plain(await ask(first=offset + 1, top=limit))
        rows = found["packets"]
    total = found["total"] if chosen else found["total"] + offset
    return {
        "packets": [packet_plain(row) for row in rows],
        "total": total,
        "offset": offset,
        "next": offset + len(rows) if offset + len(rows) < total else None,
    }
