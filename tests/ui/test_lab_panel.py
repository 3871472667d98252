"""In a real browser: the chat beside the notebook in JupyterLab, over the real server, as the bundle is committed."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.llm.servers import Server as Provider
from tests.llm.servers import Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.ui.conftest import Server, Window

    Running = Callable[..., AbstractContextManager[Server]]

pytestmark = pytest.mark.ui

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "netguru" / "jupyter" / "labextension"
WHY = "why is leaf2 not adjacent to spine1?"
BUSY = "from threading import Event\nEvent().wait()"
_PATIENCE_MS = 60_000
# Contrast of text that WCAG 2 asks for (1.4.3, level AA).
_CONTRAST = 4.5
_CONTRAST_OF = """
element => {
  const seen = text => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return {rgb: [r, g, b], a};
  };
  const light = rgb => {
    const part = rgb.map(v => v / 255).map(v => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  let under = element;
  while (under && seen(getComputedStyle(under).backgroundColor).a < 1) under = under.parentElement;
  const back = under ? seen(getComputedStyle(under).backgroundColor).rgb : [255, 255, 255];
  const ink = seen(getComputedStyle(element).color);
  const front = ink.rgb.map((v, at) => v * ink.a + back[at] * (1 - ink.a));
  const [one, two] = [light(front), light(back)].sort((a, b) => b - a);
  return (one + 0.05) / (two + 0.05);
}
"""


class Lab:
    """A JupyterLab in a window, with the panel shown."""

    def __init__(self, window: Window, server: Server) -> None:
        self.window, self.server, self.page = window, server, window.page
        self.panel = self.page.locator("#netguru-chat")
        self.field = self.panel.get_by_label("Your question")
        self.answers = self.panel.locator(".ngc-answer")

    def open(self, name: str, path: str = "") -> Lab:
        self.page.set_default_timeout(_PATIENCE_MS)
        tree = f"/tree/{path}" if path else ""
        self.page.goto(f"{self.server.url}lab/workspaces/{name}{tree}?reset&token={self.server.token}")
        self.page.get_by_role("tab", name="NetGuru").click()
        self.field.wait_for()
        return self

    def new(self) -> Lab:
        self.panel.get_by_role("button", name="New conversation").click()
        return self

    def set(self, **changes: Any) -> None:
        headers = {"Authorization": f"token {self.server.token}"}
        base = {"provider": None, "model": None, "base_url": None, "key": None}
        httpx.patch(
            f"{self.server.url}netguru/api/v1/settings", json=base | changes, headers=headers, timeout=60
        ).raise_for_status()

    def begin(self, question: str) -> Any:
        """Ask; gives the answer that begins."""
        before = self.answers.count()
        self.field.fill(question)
        self.field.press("Enter")
        return self.answers.nth(before)

    def ask(self, question: str) -> Any:
        """Ask and wait for the end of the answer; gives it."""
        answer = self.begin(question)
        answer.locator(".ngc-standing, .ngc-fault, .ngc-stopped").first.wait_for()
        return answer


def prepare(base: Path) -> dict[str, str]:
    """Lay out what a workbench finds: the bundle of this checkout, a network to ask about; gives its variables."""
    lab = base / "share" / "labextensions" / "@netguru" / "lab"
    lab.parent.mkdir(parents=True)
    lab.symlink_to(BUNDLE)
    shutil.copytree(ROOT / "data" / "samples" / "lab" / "fabric" / "faulty", base / "workspace" / "fabric")
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    for name, source in {"busy": BUSY, "chat": "import netguru\nnetguru.chat()"}.items():
        notebook = {
            "cells": [cell | {"source": source}],
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        (base / "workspace" / f"{name}.ipynb").write_text(json.dumps(notebook))
    return {
        "JUPYTER_PATH": str(base / "share"),
        "NETGURU_EMBEDDER": "none",
        # An engine of a third party whose answers follow the words of the question.
        "PYTHONPATH": str(ROOT / "tests" / "chat" / "plugin"),
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, running: Running) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("lab")
    with running(base, **prepare(base)) as made:
        yield made


@pytest.fixture(scope="module")
def opened(browser: Any, server: Server) -> Iterator[Lab]:
    from tests.ui.conftest import watched

    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield Lab(watched(context), server).open("one")
    context.close()


@pytest.fixture
def lab(opened: Lab) -> Iterator[Lab]:
    """Give the Lab with a new conversation, offline; whatever a test does, no request leaves the machine."""
    opened.set()
    yield opened.new()
    assert opened.window.outside(opened.server.url) == []


def test_no_request_before_the_panel_is_shown(window: Window, server: Server) -> None:
    window.page.goto(f"{server.url}lab/workspaces/quiet?reset&token={server.token}")
    window.page.get_by_role("tab", name="NetGuru").wait_for(timeout=_PATIENCE_MS)
    window.page.locator(".jp-DirListing-item").first.wait_for(timeout=_PATIENCE_MS)

    assert [url for url in window.requests if "netguru/api" in url] == []
    assert window.errors == []


def test_cited_without_a_key(lab: Lab) -> None:
    answer = lab.ask(WHY)

    assert "MTU 1400" in answer.inner_text()
    assert "no language model wrote this" in answer.inner_text()
    assert answer.locator(".ngc-tool-done", has_text="diagnosis.why").count() == 1
    assert lab.panel.locator(".ngc-title").inner_text() == WHY
    if not answer.locator(".ngc-places details").get_attribute("open"):
        answer.locator(".ngc-places summary").click()
    places = answer.locator(".ngc-places li")
    _opens_lines(lab, places.filter(has_text=re.compile(r" line \d+$")).first)
    _opens_packet(lab, places.filter(has_text=re.compile(r" packet \d+$")).first)
    assert lab.window.errors == []


def _opens_lines(lab: Lab, place: Any) -> None:
    path, number = re.fullmatch(r"(\S+) line (\d+)", place.locator(".ngc-label").inner_text()).groups()  # type: ignore[union-attr]
    place.get_by_role("button").click()
    marked = lab.page.locator(".ngr-lines .ngc-marked")
    marked.first.wait_for()
    written = (lab.server.folder / path).read_text().splitlines()[int(number) - 1]

    assert marked.count() == 1
    assert marked.locator("span").all_inner_texts() == [number, written]
    assert "mtu" in written.lower()
    assert marked.evaluate("row => { const box = row.getBoundingClientRect(); return document.elementFromPoint("
                           "box.x + 90, box.y + 5).closest('[role=row]') === row; }")  # fmt: skip


def _opens_packet(lab: Lab, place: Any) -> None:
    number = re.search(r"(\d+)$", place.locator(".ngc-label").inner_text())[1]  # type: ignore[index]
    place.get_by_role("button").click()
    marked = lab.page.locator(".ngr-packets .ngc-marked")
    marked.first.wait_for()

    assert marked.locator("span").first.inner_text() == number
    assert "mtu" in marked.inner_text()
    marked.click()
    lab.page.locator(".ngc-details").get_by_text("Open Shortest Path First").wait_for()


def test_packet_table(lab: Lab) -> None:
    page, name = lab.page, "boot-spine1-fabric.pcapng"
    if not page.locator(".ngr-packets").count():
        pytest.fail("the table that a citation opened is gone")
    filtering = page.get_by_label("Display filter")
    filtering.fill("ospf and and")
    filtering.press("Enter")
    page.get_by_text("at character 10").wait_for()
    assert filtering.get_attribute("aria-invalid") == "true"
    assert filtering.evaluate("field => [field.selectionStart, field.selectionEnd]") == [9, 10]
    filtering.fill("ospf.msg == 2")
    filtering.press("Enter")
    page.get_by_text(re.compile(r"^\d+ packets pass the filter$")).wait_for()
    filtered = int(page.locator(".ngr-packets").get_attribute("aria-rowcount"))
    filtering.fill("")
    filtering.press("Enter")
    page.get_by_text(re.compile(r"^[\d,]+ packets$")).wait_for()
    table = page.get_by_role("grid", name=name)
    table.focus()
    table.press("End")
    chosen = table.locator("[aria-selected=true]")
    page.wait_for_function("document.querySelector('.ngr-packets [aria-selected=true] span')?.textContent !== '…'")
    total = int(table.get_attribute("aria-rowcount"))

    assert total > filtered > 0
    assert chosen.locator("span").first.inner_text() == str(total)
    # Of thousands of packets a screenful exists.
    assert table.locator(".ngr-row").count() < 100
    lab.window.errors.clear()


def test_stopped_and_asked_again(lab: Lab) -> None:
    lab.set(provider="scripted")
    answer = lab.begin("one two tool three stall never")
    answer.get_by_text("one two three").wait_for()
    stop = lab.panel.get_by_role("button", name="Stop")

    assert answer.locator(".ngc-tool-done").inner_text().split("\n") == ["pcap.check", "3 findings"]
    assert stop.is_enabled()
    assert not lab.panel.get_by_role("button", name="Ask", exact=True).is_enabled()
    lab.field.press("Escape")
    answer.locator(".ngc-stopped").wait_for()
    assert answer.locator(".ngc-text").inner_text().strip() == "one two three"
    assert not stop.is_enabled()
    second = lab.begin("again stall")
    second.get_by_text("again").wait_for()
    stop.click()
    second.locator(".ngc-stopped").wait_for()
    assert lab.ask("third").locator(".ngc-text").inner_text().strip() == "third"


def test_left_and_come_back_while_it_is_written(lab: Lab) -> None:
    lab.set(provider="scripted")
    lab.begin("growing stall").get_by_text("growing").wait_for()
    lab.new()
    lab.panel.get_by_role("button", name="Show the conversations").click()
    lab.panel.locator(".ngc-open", has_text="growing stall").click()
    lab.answers.get_by_text("growing").wait_for()

    assert lab.answers.count() == 1
    assert lab.panel.locator(".ngc-question").count() == 1
    lab.field.press("Escape")
    lab.answers.locator(".ngc-stopped").wait_for()


def test_asked_before_more_than_reading(lab: Lab) -> None:
    lab.set(provider="scripted")
    answer = lab.begin("approve")
    card = answer.get_by_role("group", name="files.remove writes files. May it run?")
    card.get_by_role("button", name="Refuse").click()
    answer.locator(".ngc-standing").wait_for()

    assert answer.locator(".ngc-text").inner_text().strip() == "refused"


def test_failure_is_told_and_asked_again(lab: Lab) -> None:
    lab.set(provider="scripted")
    answer = lab.ask("half fail")

    assert answer.get_by_role("alert").inner_text() == "the provider does not answer"
    assert answer.locator(".ngc-text").inner_text().strip() == "half"
    answer.get_by_role("button", name="Ask again").click()
    lab.answers.nth(1).get_by_role("alert").wait_for()
    secret = lab.ask("crash")
    assert "sk-secret" not in secret.inner_text()


def test_nothing_foreign_is_shown_or_loaded(lab: Lab) -> None:
    lab.set(provider="scripted")
    words = (
        "![x](http://evil.example/x.png) [here](http://evil.example/?q=1) <img/src=http://evil.example/y.png> "
        "<script>document.title='hit'</script> <a/href=javascript:document.title='hit'>z</a> "
        "<svg/onload=document.title='hit'> <style>body{background:url(http://evil.example/s)}</style> "
        "<form/action=http://evil.example/f><input/name=q> [9]"
    )
    answer = lab.ask(words)
    text = answer.locator(".ngc-text")

    assert text.locator("a, img, svg, style, script, form, input, iframe, [src], [href], [style]").count() == 0
    assert "here (http://evil.example/?q=1)" in text.inner_text()
    assert lab.page.title() != "hit"
    # A number that cites nothing is no button.
    assert text.get_by_role("button").count() == 0


def test_a_provider_dies_in_the_middle(lab: Lab) -> None:
    with Provider("openai", [Step(pieces=("The first ", "half ", "never"), drop=2)]) as provider:
        lab.set(provider="openai", model="m", base_url=provider.url, key="sk-test")
        answer = lab.ask("hello")

        assert provider.requests
        assert "Without a language model" in answer.inner_text() or answer.locator(".ngc-warn, .ngc-fault").count()
        assert "sk-test" not in lab.panel.inner_text()


def test_code_goes_into_the_notebook_while_its_kernel_is_busy(window: Window, server: Server) -> None:
    lab = Lab(window, server).open("busy", "busy.ipynb")
    lab.page.locator(".jp-Cell .cm-content").first.click()
    lab.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    lab.page.keyboard.press("Shift+Enter")
    lab.page.get_by_text("Python 3 (ipykernel) | Busy").wait_for()
    with Provider("openai", [Step(pieces=("Run this:\n\n```python\n", "x = 1\n", "```\n"))]) as provider:
        lab.set(provider="openai", model="m", base_url=provider.url, key="sk-test")
        answer = lab.new().ask("write code")
        answer.get_by_role("button", name="Insert into the notebook").click()
        answer.get_by_role("button", name="Inserted").wait_for()

    assert "x = 1" in [text.strip() for text in lab.page.locator(".jp-Cell .cm-content").all_inner_texts()]
    assert lab.page.get_by_text("Python 3 (ipykernel) | Busy").count() == 1
    assert lab.window.outside(server.url) == []


def test_conversations_are_found_renamed_saved_and_deleted(lab: Lab) -> None:
    lab.set(provider="scripted")
    lab.ask("zebra")
    show = lab.panel.get_by_role("button", name="Show the conversations")
    show.click()
    listed = lab.panel.get_by_role("region", name="Conversations")
    search = listed.get_by_label("Search the conversations")
    search.fill("zebra")
    rows = listed.locator("li")
    lab.page.wait_for_function("document.querySelectorAll('#netguru-chat .ngc-list li').length === 1")
    rows.get_by_role("button", name="Rename: zebra").click()
    rows.get_by_label("Rename").fill("Stripes")
    rows.get_by_label("Rename").press("Enter")
    rows.get_by_text("Stripes").wait_for()
    rows.get_by_role("button", name="Save: Stripes").click()
    with lab.page.expect_download() as saved:
        # The list is drawn anew while answers are stored: the event goes to what stands there now.
        rows.get_by_role("button", name="Notebook").dispatch_event("click")
    notebook = json.loads(Path(saved.value.path()).read_text())

    assert saved.value.suggested_filename == "stripes.ipynb"
    assert "zebra" in json.dumps(notebook["cells"])
    rows.get_by_role("button", name="Delete: Stripes").click()
    rows.get_by_role("button", name="Delete").click()
    # The list closes and the title goes with it once the server has deleted.
    lab.panel.locator(".ngc-title", has_text="New conversation").wait_for()
    assert not listed.is_visible()


def test_attached_by_choice(lab: Lab) -> None:
    lab.set(provider="scripted")
    item = lab.page.locator(".jp-DirListing-item", has_text="fabric")
    item.click()
    lab.panel.get_by_role("button", name="Attach a file, a cell or a selection").click()
    lab.panel.get_by_role("menuitem", name="fabric", exact=True).click()
    assert lab.panel.locator(".ngc-chip").all_inner_texts() == ["fabric"]
    lab.panel.get_by_role("button", name="Do not attach fabric").click()
    assert lab.panel.locator(".ngc-chip").count() == 0
    item.click(button="right")
    lab.page.get_by_text("Ask NetGuru About This").click()
    assert lab.panel.locator(".ngc-chip").all_inner_texts() == ["fabric"]
    lab.ask("look")
    assert lab.panel.locator(".ngc-question .ngc-dim").inner_text() == "fabric"
    with lab.page.expect_file_chooser() as chooser:
        lab.panel.get_by_role("button", name="Attach a file, a cell or a selection").click()
        lab.panel.get_by_role("menuitem", name="A file of this computer…").click()
    chooser.value.set_files({"name": "r9.cfg", "mimeType": "text/plain", "buffer": b"hostname r9\n"})
    lab.panel.locator(".ngc-chip", has_text="r9.cfg").wait_for()
    assert lab.ask("read").locator(".ngc-text").inner_text().strip() == "read"


def test_settings_go_to_the_server_and_the_key_does_not_come_back(lab: Lab) -> None:
    lab.panel.get_by_role("button", name="Settings").click()
    form = lab.panel.locator(".ngc-settings")
    form.get_by_label("Provider").select_option("openai")
    form.get_by_role("combobox", name="Model").fill("m")
    form.get_by_label("Base URL").fill("http://127.0.0.1:9/v1")
    form.get_by_label("Price").fill("cheap")
    form.get_by_role("button", name="Save").click()
    form.get_by_text("the price 'cheap' is not IN/OUT").wait_for()
    form.get_by_label("Price").fill("2.5/10")
    form.get_by_label("Key").fill("sk-of-the-test")
    form.get_by_role("button", name="Save").click()
    form.get_by_role("button", name="Forget the key").wait_for()

    assert form.get_by_label("Key").input_value() == ""
    assert form.get_by_label("Key").get_attribute("placeholder") == "A key is set"
    assert not [path for path in lab.server.folder.parent.rglob("*.json*") if b"sk-of-the-test" in path.read_bytes()]
    form.get_by_role("button", name="Forget the key").click()
    form.get_by_role("button", name="Forget the key").wait_for(state="hidden")
    form.get_by_label("Price").fill("")
    form.get_by_role("button", name="Save").click()
    form.get_by_text("Saved").wait_for()
    form.get_by_label("Provider").press("Escape")
    form.wait_for(state="hidden")
    # Whoever closes the settings by the keyboard goes on where they were opened.
    assert lab.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Settings"


def test_by_keyboard_and_screen_reader(lab: Lab) -> None:
    lab.set(provider="scripted")
    lab.field.focus()
    lab.page.keyboard.type("first")
    lab.page.keyboard.press("Shift+Enter")
    lab.page.keyboard.type("second tool")
    assert lab.field.input_value() == "first\nsecond tool"
    lab.page.keyboard.press("Enter")
    lab.answers.locator(".ngc-standing").wait_for()
    unnamed = "buttons => buttons.filter(b => !(b.getAttribute('aria-label') || b.textContent).trim()).length"

    assert lab.panel.get_by_role("log", name="Questions and answers").count() == 1
    # The finished answer is told once.
    assert lab.panel.locator(".ngc-said[aria-live=polite]").inner_text().strip() == "first second"
    assert lab.panel.locator("button").evaluate_all(unnamed) == 0
    assert lab.panel.locator("input:not([type=file]), textarea, select").evaluate_all(
        "fields => fields.filter(f => !f.getAttribute('aria-label') && !f.labels.length).length"
    ) == 0  # fmt: skip
    lab.field.focus()
    order = []
    for _ in range(2):
        lab.page.keyboard.press("Tab")
        order.append(lab.page.evaluate("document.activeElement.getAttribute('aria-label') || ''"))
    assert order[0] == "Attach a file, a cell or a selection"
    assert lab.page.evaluate("document.activeElement.textContent") == "Ask"


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_readable_in_both_themes(lab: Lab, theme: str) -> None:
    lab.page.get_by_role("menuitem", name="Settings").click()
    lab.page.get_by_text("Theme", exact=True).hover()
    lab.page.get_by_role("menuitem", name=theme, exact=True).click()
    lab.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
    answer = lab.ask("is there an MTU problem in fabric?")
    seen = {}
    for what in (
        ".ngc-text p",
        ".ngc-text code",
        ".ngc-question",
        ".ngc-tool-state",
        ".ngc-cite",
        ".ngc-standing span",
    ):
        found = lab.panel.locator(what).first
        seen[what] = found.evaluate(_CONTRAST_OF) if found.count() else 99

    assert answer.locator(".ngc-text").inner_text()
    assert {what: round(ratio, 1) for what, ratio in seen.items() if ratio < _CONTRAST} == {}


def test_reopened_after_a_restart(browser: Any, tmp_path: Path, running: Running) -> None:
    from tests.ui.conftest import watched

    added = prepare(tmp_path)
    for turn in ("first", "second"):
        with running(tmp_path, **added) as server:
            context = browser.new_context()
            lab = Lab(watched(context), server)
            lab.set(provider="scripted")
            lab.open(turn)
            if turn == "first":
                lab.ask("remembered words")
            else:
                lab.answers.get_by_text("remembered words").wait_for()
                assert lab.panel.locator(".ngc-question").all_inner_texts() == ["remembered words"]
                assert lab.ask("more").locator(".ngc-text").inner_text().strip() == "more"
            context.close()


def test_in_a_cell(window: Window, server: Server) -> None:
    lab = Lab(window, server).open("cell", "chat.ipynb")
    lab.set(provider="scripted")
    lab.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    lab.page.locator(".jp-Cell .cm-content").first.click()
    lab.page.keyboard.press("Control+Enter")
    chat = lab.page.locator(".jp-OutputArea .ngc")
    lab.panel, lab.field, lab.answers = chat, chat.get_by_label("Your question"), chat.locator(".ngc-answer")
    lab.field.wait_for()
    lab.begin("one tool stall").get_by_text("one").wait_for()
    lab.field.press("Escape")
    lab.answers.first.locator(".ngc-stopped").wait_for()
    lab.set()
    answer = lab.ask(WHY)
    answer.locator(".ngc-cite").first.click()
    answer.locator(".ngc-place .ngc-marked").first.wait_for()

    assert "mtu" in answer.locator(".ngc-place .ngc-marked").first.inner_text().lower()
    assert lab.window.outside(server.url) == []
    assert lab.window.errors == []
