"""The chat in a real kernel: an answer streams into its cell, and an interrupt stops it with what came stored."""

from __future__ import annotations

import os
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.manager import start_new_kernel

PLUGIN = Path(__file__).parents[1] / "chat" / "plugin"


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    home = tmp_path_factory.mktemp("kernel")
    (home / "work").mkdir()
    stated = {
        "PYTHONPATH": str(PLUGIN),
        "NETGURU_WORKSPACE": str(home / "work"),
        "NETGURU_EMBEDDER": "none",
        "IPYTHONDIR": str(home / "ipython"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
    }
    manager, client = start_new_kernel(kernel_name="python3", env={**os.environ, **stated}, startup_timeout=90)
    run(client, "%load_ext netguru")
    # An engine for this kernel alone: the magic has no option that names one of a third party.
    run(client, "import netguru.chat.asking as a\nfrom netguru.chat.engines import engines\n"
                "a.choose = lambda context, name='': engines['scripted']")  # fmt: skip
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def run(client, code, at=None):
    """Run a cell; `at(text)` is called with every text shown. Gives what was shown and the reply."""
    number = client.execute(code)
    shown, result = [], None
    while True:
        message = client.get_iopub_msg(timeout=60)
        if message["parent_header"].get("msg_id") != number:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data"):
            shown.append(content["data"].get("text/plain", ""))
            if at is not None:
                at(shown[-1])
        elif kind == "execute_result":
            result = content["data"]["text/plain"]
        elif kind == "status" and content["execution_state"] == "idle":
            break
    while True:
        try:
            reply = client.get_shell_msg(timeout=60)
        except Empty:
            pytest.fail("no reply")
        if reply["parent_header"].get("msg_id") == number:
            return shown, result, reply["content"]


@pytest.mark.parametrize("code", ['%netguru chat.ask "what is up"', '%%netguru ask\n"what is up"'])
def test_an_answer_is_a_result(kernel, code):
    shown, result, reply = run(kernel[1], code)
    assert reply["status"] == "ok"
    assert "what is up" in result
    assert shown[-1] == ""


def test_an_interrupt_stops_the_answer_and_keeps_what_came(kernel):
    manager, client = kernel
    stopped = []

    def stop(text):
        if "half" in text and not stopped:
            stopped.append(text)
            manager.interrupt_kernel()

    shown, _, reply = run(client, '%netguru chat.ask "half stall never"', stop)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    assert shown[-1] == "half \n\n*(cancelled)*"
    _, kept, _ = run(
        client,
        "import netguru\n[m.status for m in netguru.chat.show(netguru.chat.list().conversations[0].id).messages]",
    )
    assert kept == "['complete', 'cancelled']"
