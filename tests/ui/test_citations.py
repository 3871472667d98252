"""In a real browser: the link of every citation opens a view whose marked text is what the answer quotes."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru import render
from netguru.operations.context import CancelToken, use
from netguru.rag.ingesting import ingest
from netguru.rag.operations import ask, view
from netguru.rag.views import show_passages
from netguru.settings import settings

sys.path.insert(0, str(Path(__file__).parents[1] / "rag"))

import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.answer import Answer
    from tests.ui.conftest import Window

pytestmark = pytest.mark.ui

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "data" / "corpus" / "documents"
OWN = (
    "How is the fibre cleaned?",
    "Which colour is the warranty seal?",
    "What must be done before the chassis is opened?",
    "Which VLAN is for the cameras?",
    "Who is called at night?",
    "troque a bandeja",
    "interface configuration of core1",
)
HOSTILE = '</mark><script>document.title="taken"</script> & "quotes" \'single\' <b>bold</b> $x$ [1] **stars**'
_LEAST = 30
_OPEN = """
name => {
  location.hash = name;
  const target = document.getElementById(name);
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  const mark = target.querySelector('mark');
  if (!mark) return null;
  const box = mark.getBoundingClientRect();
  const quote = target.closest('.ng-cited').querySelector('.ng-quote');
  return {mark: mark.textContent, quote: quote.textContent, seen: box.width > 0 && box.height > 0};
}
"""


def _own(folder: Path) -> Path:
    """Lay out documents of one's own in several formats, one of them hostile."""
    folder.mkdir()
    seal = made.paragraph("Warranty", "H1") + made.paragraph("The colour of the warranty seal is violet.")
    (folder / "manual.docx").write_bytes(made.docx(made.body(seal)))
    (folder / "cleaning.pdf").write_bytes(
        made.pdf(["Cleaning of the fibre", "Clean the fibre with a dry wipe before it is plugged."], ["Nothing here."])
    )
    (folder / "maintenance.md").write_text(
        "# Maintenance manual\n\n## The fan\n\nWhen the fan stops, replace the tray within two minutes.\n\n"
        "## Before opening\n\nBefore the chassis is opened, unplug both power supplies and wear the strap.\n"
    )
    (folder / "vlans.rst").write_text(
        "VLAN plan\n=========\n\nCameras\n-------\n\nVLAN 70 is for the cameras; VLAN 71 for the doors.\n"
    )
    (folder / "nights.html").write_text(
        "<html><body><h1>Who is called at night</h1><p>At night call the operations room, extension 4711.</p>"
        "<script>document.title='taken'</script></body></html>"
    )
    (folder / "ventilador.txt").write_text("Quando o ventilador para, troque a bandeja em dois minutos.\n")
    (folder / "hostile.md").write_text(f"# Zebra procedure\n\nThe zebra procedure says: {HOSTILE} end of zebra.\n")
    shutil.copy(ROOT / "data/samples/lab/campus/healthy/configs/core1.cfg", folder)
    return folder


def _questions() -> list[str]:
    """Give the questions, of both languages, that the documents of the package answer, and some about one's own."""
    rows = [
        json.loads(row)
        for half in ("tuning", "test")
        for row in (ROOT / f"data/questions/{half}.jsonl").read_text("utf-8").splitlines()
    ]
    held = {place.relative_to(DOCUMENTS).as_posix() for place in DOCUMENTS.rglob("*")}
    shipped = [row["question"] for row in rows if any(place["file"] in held for place in row.get("sources", ()))]
    return [*shipped, *OWN, "What does the zebra procedure say?"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("citations")


@pytest.fixture
def place(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the collections of this module in force; every test has folders of its own otherwise."""
    monkeypatch.setenv("XDG_DATA_HOME", str(folders / "data"))
    monkeypatch.setenv("NETGURU_EMBEDDER", "none")
    settings.cache_clear()
    with use(workspace=folders / "work"):
        yield
    settings.cache_clear()


_asked: dict[Path, list[Answer]] = {}


@pytest.fixture
def answers(folders: Path, place: None) -> list[Answer]:
    """Ask all questions of the documents that ship and of one's own, by words alone and offline, once."""
    del place
    if folders not in _asked:
        ingest(DOCUMENTS, "global", lambda *_: None, CancelToken(), embed=False)
        ingest(_own(folders / "own"), "local", lambda *_: None, CancelToken(), embed=False)
        show_passages()
        _asked[folders] = [ask(question) for question in _questions()]
    return _asked[folders]


def test_every_citation_opens_with_its_quotation_marked(answers: list[Answer], window: Window, tmp_path: Path) -> None:
    answered = [item for item in answers if item.citations]
    assert len(answered) >= _LEAST
    page = tmp_path / "answers.html"
    page.write_text(render.page([render.html(item) for item in answered], "Answers"), encoding="utf-8")
    window.page.goto(page.as_uri())

    names = window.page.evaluate("[...document.querySelectorAll('.ng-cited [id]')].map(item => item.id)")
    assert len(names) == len(set(names)) == sum(len(item.citations) for item in answered)
    shown = [window.page.evaluate(_OPEN, name) for name in names]
    quoted = [evidence.text for item in answered for evidence in item.citations]
    assert all(item["seen"] and item["mark"].strip() for item in shown)
    assert [item["mark"] for item in shown] == [item["quote"] for item in shown]
    # What a page cannot show of a text (control characters) is shown as signs; else nothing differs.
    assert sum(item["mark"] == text for item, text in zip(shown, quoted, strict=True)) == len(quoted)
    links = window.page.evaluate("[...document.querySelectorAll('a.ng-ref')].map(a => a.getAttribute('href').slice(1))")
    assert set(links) <= set(names)
    _harmless(window)


def _harmless(window: Window) -> None:
    assert window.page.title() == "Answers"
    assert window.page.locator("main script").count() == 0
    assert window.page.locator("main b", has_text="bold").count() == 0
    assert window.outside("file://") == []
    assert window.errors == []


def test_documents_of_every_format_are_cited(answers: list[Answer]) -> None:
    cited = {Path(evidence.source).suffix for item in answers for evidence in item.citations}

    assert {".docx", ".pdf", ".md", ".rst", ".html", ".txt", ".cfg"} <= cited


def test_the_page_of_a_view_marks_the_quotation(answers: list[Answer], window: Window, tmp_path: Path) -> None:
    seen: dict[str, Any] = {}
    for item in answers:
        for evidence in item.citations:
            if evidence.kind == "passage":
                seen.setdefault(Path(evidence.source).suffix, evidence)
    for suffix, evidence in seen.items():
        page = tmp_path / f"view{suffix}.html"
        view(evidence.source, evidence.start, evidence.end, out=page)
        window.page.goto(page.as_uri())

        assert window.page.locator("mark").count() == 1
        assert window.page.locator("mark").evaluate("mark => mark.textContent") == evidence.text
        assert window.page.locator("mark").is_visible()
    assert len(seen) >= 5
