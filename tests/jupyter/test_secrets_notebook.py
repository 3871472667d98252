"""Secrets that are typed into the question of a cell: none is sent, stored, logged or put into the notebook's outputs.

What the cell itself says is the user's own; so is IPython's history of it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

sys.path.insert(0, str(Path(__file__).parents[1] / "llm"))

from servers import Server, Step

CASES = Path(__file__).parents[1] / "cases" / "redact" / "planted.txt"
MARKED = re.compile("⟦(.*?)⟧")
ROWS = [row for row in CASES.read_text("utf-8").splitlines() if "⟦" in row]
# Those that are no word of anything else: a short one may be part of another word.
SECRETS = sorted({secret for row in ROWS for secret in MARKED.findall(row) if len(secret) >= 6})
PLAIN = [MARKED.sub(lambda found: found[1], row) for row in ROWS]
AT_ONCE = 40


def echoed(request):
    """Say again what was asked, as a careless model would."""
    content = request["messages"][-1]["content"]
    text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
    return (text[:6000],)


def cells():
    parts = ["\n".join(PLAIN[at : at + AT_ONCE]) for at in range(0, len(PLAIN), AT_ONCE)]
    asked = [f"%%netguru ask\nwhat does this mean?\n{part}" for part in parts]
    short = [f"%netguru chat.ask {shlex.quote('what is ' + row)}" for row in PLAIN[:5]]
    return ["%load_ext netguru", *asked, *short, "%netguru chat.list", "%netguru chat.show 1"]


@pytest.mark.parametrize("model", [True, False], ids=["with a model that echoes", "offline"])
def test_no_secret_of_a_question_leaves_its_cell(model, tmp_path, monkeypatch, capfd):
    work = tmp_path / "work"
    work.mkdir()
    with Server("openai", [Step(reply=echoed)]) as server:
        stated = {
            "WORKSPACE": str(work),
            "EMBEDDER": "none",
            "SHIPPED_DOCUMENTS": "false",
            "LOG_LEVEL": "debug",
            **({"MODEL": "openai:m", "MODEL_URL": server.url, "MODEL_KEY": "sk-own"} if model else {"MODEL": ""}),
        }
        for name, value in stated.items():
            monkeypatch.setenv(f"NETGURU_{name}", value)
        for name in ("IPYTHONDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "JUPYTER_RUNTIME_DIR"):
            monkeypatch.setenv(name, str(tmp_path / name))
        made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells()])
        NotebookClient(made, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(work)}}).execute()
        sent = b"".join(server.raw).decode("utf-8", "replace")
    outputs = json.dumps([cell["outputs"] for cell in made["cells"]], ensure_ascii=False)
    stored = "".join(path.read_bytes().decode("utf-8", "replace") for path in work.rglob("*") if path.is_file())
    logged = "".join(capfd.readouterr())
    assert bool(sent) is model
    assert "what does this mean?" in stored
    assert len(outputs) > len(cells())
    for place, text in (("sent", sent), ("stored", stored), ("outputs", outputs), ("logged", logged)):
        assert [secret for secret in SECRETS if secret in text] == [], place
    assert len(SECRETS) >= 150
    assert os.environ["NETGURU_WORKSPACE"] == str(work)
