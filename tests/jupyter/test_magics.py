"""The magic: the console's grammar, the result as a value, one line for an error, completion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from netguru.errors import InputError, UnknownNameError
from netguru.jupyter.completion import complete
from netguru.jupyter.magics import run, words_of
from netguru.jupyter.questions import keep_question_marks
from netguru.operations import context, operation
from netguru.operations.operation import operations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    made = InteractiveShell()
    made.run_line_magic("load_ext", "netguru")
    yield made
    made.run_line_magic("unload_ext", "netguru")
    assert "netguru" not in made.magics_manager.magics["line"]
    assert made.Completer.custom_matchers == []


def _completions(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        return [item.text for item in shell.Completer.completions(text, len(text))]


def test_result_is_a_value(shell: InteractiveShell, lab: Path) -> None:
    shell.user_ns["lab"] = str(lab)
    done = shell.run_cell("found = %netguru config.check {lab}/campus/faulty/configs\nlen(found.findings)")

    assert done.success
    assert done.result == len(shell.user_ns["found"].findings) > 0


def test_cell_holds_further_arguments(shell: InteractiveShell, lab: Path, tmp_path: Path) -> None:
    spaced = tmp_path / "a config.cfg"
    spaced.write_bytes((lab / "campus/faulty/configs/core1.cfg").read_bytes())

    assert shell.run_cell_magic("netguru", "config.parse", f"{spaced}\n").hostname == "core1"


def test_words() -> None:
    assert words_of("a 'b c' --top 3") == ["a", "b c", "--top", "3"]
    assert words_of("a", "b c\n\n--top 3\n'd e' f") == ["a", "b c", "--top", "3", "d e", "f"]
    with pytest.raises(InputError, match="closing quotation"):
        words_of("a 'b")


def test_alone_it_lists_operations(shell: InteractiveShell) -> None:
    listed = {row["operation"] for row in shell.run_line_magic("netguru", "").operations}

    assert {"diagnose", "pcap.check", "report.run"} <= listed
    assert "workbench" not in listed


@pytest.mark.parametrize("line", ["help pcap.check", "pcap.check --help", "pcap.check -h"])
def test_help(shell: InteractiveShell, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell.run_line_magic("netguru", line) is None
    assert "Usage: %netguru pcap.check" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("pcap.chekc x", "UnknownNameError: unknown operation 'pcap.chekc' (did you mean pcap.check"),
        ("pcap.check nowhere.pcap", "FileRejectedError: nowhere.pcap: does not exist"),
        ("pcap.check", "pcap.check: FILE is missing"),
        ("pcap.check x --nope", "No such option '--nope'"),
        ("workbench", "workbench has no magic: "),
        ("pcap.check 'x", "no closing quotation"),
    ],
)
def test_error_is_one_line(shell: InteractiveShell, line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert not shell.run_cell(f"%netguru {line}").success
    shown = capsys.readouterr().out

    assert told.lower() in shown.lower()
    assert shown.count("\n") == 1
    assert "Traceback" not in shown


def test_workspace_is_the_nearest_above(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netguru").mkdir()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    try:

        @operation("test.where")
        def where() -> str:
            """Say where."""
            return f"{context().workspace} {context().face}"

        assert shell.run_line_magic("netguru", "test.where") == f"{tmp_path} magic"
        assert shell.run_line_magic("netguru", f"test.where --workspace {tmp_path}/b") == f"{tmp_path}/b magic"
    finally:
        operations._items.pop("test.where")


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("%netguru pcap.che", "pcap.check"),
        ("x = %netguru diagnose", "diagnose"),
        ("%netguru diagnose x --sev", "--severity"),
        ("%netguru diagnose x --severity cri", "critical"),
        ("%%netguru diagnose\n--seve", "--severity"),
        ("%netguru diagnose x --work", "--workspace"),
    ],
)
def test_completion(shell: InteractiveShell, text: str, offered: str) -> None:
    assert _completions(shell, text) == [offered]


def test_completion_of_files(shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file one.pcap").touch()
    (tmp_path / ".hidden").touch()
    monkeypatch.chdir(tmp_path)

    assert _completions(shell, "%netguru pcap.check f") == ['"file one.pcap"', "folder/"]
    assert complete(["pcap.check"], "nowhere/") == []
    assert complete(["no.such"], "f") == []
    assert complete(["pcap.check", "x", "--top"], "") == []


def test_other_completion_is_left_alone(shell: InteractiveShell) -> None:
    assert "enumerate" in _completions(shell, "enumer")


def test_error_of_a_call_is_one_line(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    shell.run_cell("import netguru\nnetguru.pcap.summary('nowhere.pcap')")

    assert capsys.readouterr().out == "FileRejectedError: nowhere.pcap: does not exist\n"


def test_unknown_extra_name() -> None:
    import netguru.jupyter

    with pytest.raises(AttributeError):
        _ = netguru.jupyter.nothing
    with pytest.raises(UnknownNameError):
        netguru.jupyter.form("nothing")


_HARD = "What's the café's MTU; is it {9000} \\ $x or *?"


@pytest.mark.parametrize(
    ("cell", "question"),
    [
        ("%netguru rag.ask How do I set the MTU?", "How do I set the MTU?"),
        ("%netguru rag.ask How do I set the MTU??", "How do I set the MTU??"),
        ("%netguru rag.ask What's ExStart", "What's ExStart"),
        ("found = %netguru rag.ask O que é a adjacência à noite?", "O que é a adjacência à noite?"),
        ("%netguru rag.ask 'How?' --collection local", "How?"),
        ('%netguru rag.ask --collection="local" "set mtu"', "set mtu"),
        ("%netguru rag.ask what does --force do?", "what does --force do?"),
        ("%netguru rag.ask -x", "-x"),
        (f"%netguru rag.ask {_HARD}", _HARD),
        ("%%netguru rag.ask --collection local\nWhat's the MTU,\nand why?\n", "What's the MTU,\nand why?"),
        ("if True:\n    found = %netguru rag.ask Why?", "Why?"),
    ],
)
def test_questions_need_no_quotation_marks(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, cell: str, question: str
) -> None:
    monkeypatch.setenv("NETGURU_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    done = shell.run_cell(cell)

    assert done.success
    answer = done.result if done.result is not None else shell.user_ns.pop("found")
    assert answer.question == question


@pytest.mark.parametrize(
    ("line", "cell", "words"),
    [
        ("rag.ask 'How?' --collection local", None, ["--collection", "local", "--", "How?"]),
        ('rag.ask --source="a b/c.md" set mtu', None, ["--source=a b/c.md", "--", "set mtu"]),
        ("rag.ask --source 'a b' set mtu", None, ["--source", "a b", "--", "set mtu"]),
        ("rag.search --limit 3", "What's\n--collection local\nthat?", ["--limit", "3", "--collection", "local"]),
        ("rag.ask --help", None, ["--help"]),
    ],
)
def test_options_beside_a_question(line: str, cell: str | None, words: list[str]) -> None:
    assert words_of(line, cell)[1 : len(words) + 1] == words


@pytest.mark.parametrize(
    ("line", "told"),
    [("rag.ask", "QUESTION is missing"), ("rag.ask x --colection local", "No such option '--colection'")],
)
def test_a_question_that_is_none(shell: InteractiveShell, line: str, told: str) -> None:
    del shell
    with pytest.raises(InputError, match=told):
        run(words_of(line))


def test_completion_inside_a_question(shell: InteractiveShell) -> None:
    assert _completions(shell, "%netguru rag.ask What's it? --coll") == ["--collection"]
    assert _completions(shell, "%netguru rag.ask What's it? --collection lo") == ["local"]
    assert _completions(shell, "%netguru rag.ask enumer") == []


def test_other_cells_are_left_as_they_are() -> None:
    for cell in ("%%writefile x\n%netguru rag.ask a?\n", "%netguru pcap.check?\n", "x = '%netguru rag.ask'\n"):
        lines = cell.splitlines(keepends=True)
        assert keep_question_marks(lines) == lines
