"""Measure the index of documents: `python tests/bench/rag.py [FOLDER] [--large N]`, also as `make bench-rag`.

What is synthetic is called so: the large collection is made of lines of the real passages in random order, its
vectors are random numbers. CPU seconds are user and system time of this process and its children.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
os.environ["NETGURU_EMBEDDER"] = "none"
sys.path.insert(0, str(ROOT))

from netguru.operations.context import CancelToken, use
from netguru.rag import embedders
from netguru.rag.database import set_meta
from netguru.rag.documents import Chunk, Document
from netguru.rag.index import Index, Stored
from netguru.rag.ingesting import ingest
from netguru.rag.retrieve import retrieve
from netguru.rag.vectors import MatrixWriter
from netguru.rag.writing import BATCH, Stamp, writing

SIZES = (5_000, 100_000)
DIMENSIONS = 384
QUESTIONS = (
    "How do I limit the number of prefixes received from a BGP neighbor?",
    "ip ospf mtu-ignore",
    "set interfaces ethernet eth0 mtu 9000",
    "Why is my OSPF neighbor stuck in ExStart?",
    "show ip route",
    "How can I put a port into VLAN 100 without a tag?",
    "Como faço para o VRRP usar unicast em vez de multicast?",
    "Qual é o valor padrão do temporizador de hello do OSPF?",
    "private hosts cannot reach the internet",
    "dhcp relay option 82",
    "What does a router do when the hold timer expires?",
    "wireguard persistent-keepalive",
)

CHILD = """
import sys
from pathlib import Path
from netguru.operations.context import CancelToken, use
from netguru.rag.ingesting import ingest
def tell(done, total=0, message=""):
    print(int(done), flush=True)
with use(workspace=Path(sys.argv[1])):
    ingest(Path(sys.argv[2]), "local", tell, CancelToken())
"""

READER = """
import sys
from pathlib import Path
from netguru.operations.context import use
from netguru.rag.retrieve import retrieve
asked = 0
with use(workspace=Path(sys.argv[1])):
    while not Path(sys.argv[2]).exists():
        retrieve("show ip route", 5)
        asked += 1
print(asked)
"""


class Random:
    """Give random vectors: the cost of a search without that of an embedder."""

    id = "random/384"
    dimensions = DIMENSIONS

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return np.random.default_rng(len(text)).standard_normal(DIMENSIONS).tolist()  # type: ignore[no-any-return]


def cpu() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def quiet(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


def opened() -> Index:
    index = Index.open("local")
    assert index is not None
    return index


def every(index: Index) -> list[Stored]:
    return index.passages([row[0] for row in index.base.execute("SELECT id FROM chunks")])


def measure_indexing(folder: Path, base: Path) -> list[Stored]:
    with use(workspace=base / "real"):
        start = cpu()
        done = ingest(folder, "local", quiet, CancelToken())
        first = cpu() - start
        start = cpu()
        again = ingest(folder, "local", quiet, CancelToken())
        second = cpu() - start
        passages = every(opened())
        size = sum(file.stat().st_size for file in opened().file.parent.iterdir())
    print(f"read and indexed    {done.added} documents, {done.passages} passages in {first:.1f} CPU s: "
          f"{done.passages / first:.0f} passages per CPU s; {size / 1e6:.0f} MB")  # fmt: skip
    print(f"unchanged again     {again.unchanged} documents, {again.passages} passages, {again.embedded} embedded "
          f"in {second:.2f} CPU s")  # fmt: skip
    return passages


def write_synthetic(passages: list[Stored], count: int) -> float:
    """Fill a collection with passages of shuffled real lines; gives the CPU seconds of the index alone."""
    draw = random.Random(7)
    lines = [line for item in passages for line in item.text.split("\n") if line.strip()]
    length = max(len(lines) // max(len(passages), 1), 1)
    used = 0.0
    with writing("local") as writer:
        for number in range(0, count, 50):
            texts = ["\n".join(draw.choices(lines, k=length)) + "\n" for _ in range(min(50, count - number))]
            document, chunks = synthetic(f"synthetic/{number}.md", texts)
            start = cpu()
            writer.put("/synthetic", document, chunks, Stamp(size=1, modified=1), "bench")
            used += cpu() - start
        start = cpu()
        writer.flush()
        used += cpu() - start
    return used


def synthetic(uri: str, texts: list[str]) -> tuple[Document, tuple[Chunk, ...]]:
    whole = "".join(texts)
    chunks, offset = [], 0
    for text in texts:
        chunks.append(
            Chunk(
                start=offset, end=offset + len(text), text=text, path=("Synthetic",), kind="prose", line_start=1,
                line_end=1, page=None, language="en", index_text=text,
            )
        )  # fmt: skip
        offset += len(text)
    document = Document(
        uri=uri, title=uri, text=whole, format="markdown", sha256=uri, blocks=(), language="en", line_starts=(0,),
        source_lines=(1,),
    )  # fmt: skip
    return document, tuple(chunks)


def write_vectors() -> float:
    start = cpu()
    random_vectors = np.random.default_rng(3)
    with writing("local") as writer:
        store = MatrixWriter(writer.base, writer.folder, Random.id, DIMENSIONS)
        keys = [row[0] for row in writer.base.execute("SELECT DISTINCT key FROM chunks")]
        for first in range(0, len(keys), BATCH):
            part = keys[first : first + BATCH]
            store.write(part, random_vectors.standard_normal((len(part), DIMENSIONS)))  # type: ignore[arg-type]
        set_meta(writer.base, "embedder", Random.id)
        set_meta(writer.base, "embedder_name", "random")
    return cpu() - start


def measure_questions(label: str) -> None:
    for question in QUESTIONS:
        retrieve(question, 10)
    wall, used = [], []
    for _ in range(5):
        for question in QUESTIONS:
            before, start = time.process_time(), time.perf_counter()
            retrieve(question, 10)
            wall.append(1000 * (time.perf_counter() - start))
            used.append(1000 * (time.process_time() - before))
    ordered = sorted(wall)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{label:<28} p50 {statistics.median(wall):.0f} ms, p95 {ordered[int(0.95 * len(ordered))]:.0f} ms wall; "
          f"CPU p50 {statistics.median(used):.0f} ms, p95 {sorted(used)[int(0.95 * len(used))]:.0f} ms; "
          f"peak memory so far {memory:.0f} MB")  # fmt: skip


def measure_synthetic(passages: list[Stored], base: Path, count: int) -> None:
    with use(workspace=base / f"synthetic{count}"):
        used = write_synthetic(passages, count)
        print(f"synthetic {count:>7}   index alone {count / used:.0f} passages per CPU s")
        measure_questions(f"  words, {count}")
        used = write_vectors()
        print(f"  vectors written            {count / used:.0f} per CPU s")
        measure_questions(f"  words and meaning, {count}")


def measure_rerun(base: Path, count: int) -> None:
    folder = base / "many"
    folder.mkdir()
    for number in range(count):
        (folder / f"{number}.md").write_text(f"# Page {number}\n\nWords of page {number} about vlan {number}.\n")
    with use(workspace=base / "manywork"):
        ingest(folder, "local", quiet, CancelToken())
        start, begin = cpu(), time.perf_counter()
        done = ingest(folder, "local", quiet, CancelToken())
        print(f"{count} synthetic documents unchanged: {done.passages} passages, {done.embedded} embedded in "
              f"{cpu() - start:.1f} CPU s, {time.perf_counter() - begin:.1f} s")  # fmt: skip


def measure_kill(folder: Path, base: Path) -> None:
    work = base / "killed"
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(work), str(folder)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    total = sum(path.is_file() for path in folder.rglob("*"))
    for line in process.stdout:
        if int(line) >= total // 2:
            break
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with use(workspace=work):
        index = opened()
        held = index.count()
        complete = index.base.execute("SELECT count(*) FROM documents WHERE complete").fetchone()[0]
        done = ingest(folder, "local", quiet, CancelToken())
        whole = opened().count()
    print(f"killed at file {total // 2} of {total}: {complete} documents and {held} passages were there; the next run "
          f"wrote {done.passages}, together {held + done.passages} of {whole}")  # fmt: skip


def measure_readers(folder: Path, base: Path) -> None:
    work, over = base / "shared", base / "over"
    with use(workspace=work):
        ingest(next(path for path in sorted(folder.rglob("*")) if path.is_file()), "local", quiet, CancelToken())
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(work), str(over)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        for _ in range(2)
    ]
    with use(workspace=work):
        done = ingest(folder, "local", quiet, CancelToken())
        over.touch()
        asked = [reader.communicate()[0].strip() for reader in readers]
        missing = opened().base.execute("SELECT count(*) FROM chunks WHERE id NOT IN (SELECT rowid FROM words)")
        print(f"two readers, one writer: {done.passages} passages written while {' and '.join(asked)} questions were "
              f"answered; {missing.fetchone()[0]} passages without words")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    default = ROOT.parent / "shared" / "data" / "docs"
    parser.add_argument("folder", nargs="?", type=Path, default=default if default.is_dir() else ROOT / "docs")
    parser.add_argument("--large", type=int, default=SIZES[-1], help="passages of the large synthetic collection")
    stated = parser.parse_args()
    embedders.embedders.register("random", Random)
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        os.environ["XDG_DATA_HOME"] = str(base / "data")
        passages = measure_indexing(stated.folder.resolve(), base)
        for count in (SIZES[0], stated.large):
            measure_synthetic(passages, base, count)
        measure_rerun(base, 10_000)
        measure_kill(stated.folder.resolve(), base)
        measure_readers(stated.folder.resolve(), base)


if __name__ == "__main__":
    main()
