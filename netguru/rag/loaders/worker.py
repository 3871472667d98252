"""The process that reads documents of others: it limits itself, then answers requests on its pipes."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from netguru.errors import NetGuruError
from netguru.rag.loaders.source import limit_to

if TYPE_CHECKING:
    from netguru.rag.documents import Document


def main() -> None:
    """Answer until the requests end. The limits are the only argument, as JSON."""
    limit: dict[str, int] = json.loads(sys.argv[1])
    # The answers go where the standard output was; what a library prints goes nowhere.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _confine(limit)
    limit_to(limit)
    requests = sys.stdin.buffer
    while line := requests.readline():
        _refill(limit["cpu_seconds"])
        request = json.loads(line)
        _send(answers, _answer(request, requests))


def _confine(limit: dict[str, int]) -> None:
    memory = limit["memory_mb"] * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit["files"], limit["files"]))
    # No further process may be started (the system spares root from this one).
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    # Who stops the program stops this process through its pipes.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _refill(seconds: int) -> None:
    """Grant the CPU time of one document on top of what was used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds, hard))


def _answer(request: dict[str, Any], requests: IO[bytes]) -> dict[str, Any]:
    from netguru.rag.loaders import load

    data = requests.read(request["size"]) if "size" in request else None
    root = Path(request["root"]) if request["root"] else None
    try:
        document = load(Path(request["path"]) if data is None else data, request["uri"], root=root)
    except NetGuruError as error:
        return {"error": error.message, "hint": error.hint}
    except MemoryError:
        return {"failed": "memory"}
    except RecursionError:
        return {"error": "is nested too deeply", "hint": ""}
    except Exception as error:  # noqa: BLE001 - a library's failure over one document must not end the others
        told = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        return {"error": f"cannot be read ({told})", "hint": ""}
    return {"document": packed(document)}


def packed(document: Document) -> dict[str, Any]:
    """Give a document as plain values; the paths of its blocks are told once each."""
    paths: dict[tuple[str, ...], int] = {}
    blocks = [
        [block.start, block.end, block.kind, block.level, paths.setdefault(block.path, len(paths))]
        for block in document.blocks
    ]
    plain = {name: getattr(document, name) for name in document.__slots__ if name not in {"blocks", "includes"}}
    includes = [[item.uri, item.sha256] for item in document.includes]
    return {**plain, "blocks": blocks, "paths": list(paths), "includes": includes}


def _send(answers: IO[bytes], answer: dict[str, Any]) -> None:
    try:
        data = json.dumps(answer).encode("ascii")
    except MemoryError:
        data = b'{"failed": "memory"}'
    answers.write(b"%d\n" % len(data))
    answers.write(data)
    answers.flush()


if __name__ == "__main__":
    main()
