"""Every face of every operation in the registry, run on a sample."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import shlex
import tomllib
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import netguru
from netguru import cli, render, resources
from netguru.operations import FACES, Operation, operations, tool_schema
from netguru.operations.commandline import parse, usage
from netguru.operations.context import context, use
from netguru.operations.operation import find

_SAMPLES = tomllib.loads((Path(__file__).parent / "samples.toml").read_text())
ALL = operations.values()


def test_every_plugin_loads() -> None:
    assert [str(error) for error in operations.errors] == []


# Modules that another program loads, by what it brings with it.
_EXTRA = {"netguru.jupyter.ai_persona": "jupyter_ai_persona_manager"}


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.name)
def test_operation_is_complete(item: Operation) -> None:
    assert item.name in _SAMPLES, "add a row to samples.toml"
    assert item.summary.endswith("."), "the first sentence is shown to people and models"
    assert [p.name for p in item.parameters if not p.help] == [], "a parameter without a text"
    assert set(item.without) <= set(FACES)
    assert [face for face, reason in item.without.items() if len(reason) < 10] == [], "a face left out needs a reason"


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.name)
def test_python_name(item: Operation) -> None:
    # Every module is imported first: a submodule must not take the place of a function of its name.
    for module in pkgutil.walk_packages(netguru.__path__, "netguru."):
        if find_spec(_EXTRA.get(module.name, "netguru")) is None:
            continue
        if not module.name.endswith("__main__") and ".migrations" not in module.name and "_shipped" not in module.name:
            importlib.import_module(module.name)
    found: Any = netguru
    for part in item.name.split("."):
        found = getattr(found, part)

    assert inspect.signature(found).parameters.keys() == {parameter.name for parameter in item.parameters}
    assert found.__wrapped__ is item.function


@pytest.fixture
def arguments(request: pytest.FixtureRequest, lab: Path, tmp_path: Path) -> list[str]:
    """Give the sample arguments of an operation with what they refer to made."""
    with use(workspace=tmp_path):
        return [_fill(text, lab, tmp_path) for text in _SAMPLES[request.param]["arguments"]]


def _fill(text: str, lab: Path, tmp: Path) -> str:
    made = {"{lab}": lambda: str(lab), "{tmp}": lambda: str(tmp), **_MADE}
    for name, make in made.items():
        if name in text:
            text = text.replace(name, make())
    return text


def _file() -> str:
    return str(find("files.add")(path=Path(__file__)).id)


def _job() -> str:
    return str(find("job.submit")(operation_name="samples.list").id)


def _run(state: str) -> str:
    folder = resources.path("data", "samples", "lab", "campus", state, "configs")
    return str(find("diagnosis.keep")(path=folder).run)


def _documents() -> str:
    folder = context().workspace / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mtu.md").write_text("# MTU\n\nSet the MTU of an interface: `set interfaces ethernet eth0 mtu 9000`.\n")
    return str(folder)


def _document() -> str:
    find("rag.ingest")(path=Path(_documents()))
    return "mtu.md"


def _questions() -> str:
    file = Path(_documents()) / "questions.jsonl"
    row = {"question": "Which MTU?", "sources": [{"file": _document(), "line": 3}], "answer_tokens": ["9000"]}
    file.write_text(json.dumps(row))
    return str(file)


def _conversation() -> str:
    return str(find("chat.ask")(question="Which samples are there?").conversation)


_MADE = {
    "{conversation}": _conversation,
    "{document}": _document,
    "{documents}": _documents,
    "{questions}": _questions,
    "{file}": _file,
    "{job}": _job,
    "{run}": lambda: _run("healthy"),
    "{run2}": lambda: _run("faulty"),
}


def _with(face: str) -> Any:
    # What serves runs until it is stopped: tests/ui starts it for real.
    names = [item.name for item in ALL if face in item.faces and item.effect != "serve"]
    return pytest.mark.parametrize(
        ("name", "arguments"), [(name, name) for name in names], indirect=["arguments"], ids=names
    )


def _check(name: str, plain: dict[str, Any]) -> None:
    assert plain["schema"].startswith("netguru.")
    assert plain["schema"].split(".", 1)[1].rsplit("/", 1)[0], name
    json.dumps(plain, allow_nan=False)


@_with("cli")
def test_cli(name: str, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.run([name, *arguments, "--json", "--workspace", str(tmp_path)])
    out, err = capsys.readouterr()

    assert (status, err) == (0, "")
    _check(name, json.loads(out))


@_with("python")
def test_python_and_representations(name: str, arguments: list[str], tmp_path: Path) -> None:
    item = operations[name]
    with use(workspace=tmp_path):
        result = item(**parse(item, arguments))

    _check(name, result.to_dict())
    bundle = result._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/markdown", "text/html"}
    assert all(bundle.values())
    assert render.text(result).strip()
    _Balanced().feed(bundle["text/html"])


@_with("magic")
def test_magic(name: str, arguments: list[str], tmp_path: Path) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "netguru")
    with use(workspace=tmp_path):
        result = shell.run_line_magic("netguru", f"{name} {shlex.join(arguments)}")

    _check(name, result.to_dict())


@_with("form")
def test_form(name: str, arguments: list[str], tmp_path: Path) -> None:
    from netguru.jupyter import form

    item = operations[name]
    made = form(name)
    with use(workspace=tmp_path):
        result = made.run(**parse(item, arguments))

    _check(name, result.to_dict())


@_with("tool")
def test_tool(name: str, arguments: list[str], tmp_path: Path) -> None:
    item = operations[name]
    schema = tool_schema(item, approved=True)["parameters"]
    stated = json.loads(json.dumps(parse(item, arguments), default=str))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(stated)
    assert not {p.name for p in item.parameters if p.output} & set(tool_schema(item)["parameters"]["properties"])

    with use(workspace=tmp_path):
        result = item(**stated)

    _check(name, result.to_dict())


@_with("report")
def test_report_section(name: str, arguments: list[str], tmp_path: Path) -> None:
    item = operations[name]
    with use(workspace=tmp_path):
        page = render.page(item(**parse(item, arguments)), title=item.name)

    _Balanced().feed(page)
    assert "<html" in page
    assert "http://" not in _tags(page)
    assert "https://" not in _tags(page)


@pytest.mark.parametrize("item", ALL, ids=lambda item: item.name)
def test_help(item: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    if "cli" in item.without:
        pytest.skip(f"{item.name} has no command: {item.without['cli']}")
    assert cli.run([item.name, "--help"]) == 0
    shown = capsys.readouterr().out

    assert usage(item).splitlines()[0] in shown
    assert all(parameter.option in shown for parameter in item.parameters)


def _tags(page: str) -> str:
    """Give what a page would load: the src and href attributes."""
    loaded: list[str] = []

    class Loads(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            del tag
            loaded.extend(value or "" for key, value in attrs if key in ("src", "href", "srcset", "data"))

    Loads().feed(page)
    return " ".join(loaded)


class _Balanced(HTMLParser):
    """Fail on markup whose tags do not nest."""

    _VOID = frozenset("area base br col embed hr img input link meta source track wbr path line circle rect".split())

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag not in self._VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._VOID:
            assert self.stack, f"</{tag}> without a start"
            assert self.stack.pop() == tag
