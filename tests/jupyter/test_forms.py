"""Forms: every operation's parameters become widgets, runs are shown, errors are one line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from netguru.errors import InputError
from netguru.jupyter import form
from netguru.jupyter.forms import Runner
from netguru.operations import context, operation
from netguru.operations.operation import operations

if TYPE_CHECKING:
    from pathlib import Path

_WITH_FORM = [item.name for item in operations.values() if "form" not in item.without]


@pytest.mark.parametrize("name", _WITH_FORM)
def test_every_parameter_has_a_widget(name: str) -> None:
    made = form(name)
    stated = {parameter.name for parameter in operations[name].parameters}

    assert set(made.fields) == stated
    if any(parameter.required for parameter in operations[name].parameters):
        with pytest.raises(InputError, match="is needed"):
            _ = made.values


def test_run_by_click(lab: Path) -> None:
    made = form("config.check")
    made.fields["path"].value = str(lab / "campus/faulty/configs")
    made.runner.button.click()

    assert made.result.findings
    assert made.result.findings[0].check in made.output.value
    assert made.error.value == ""
    assert not made.runner.button.disabled


@pytest.mark.parametrize(
    ("path", "told"), [("", "path is needed"), ("/nowhere/<b>", "/nowhere/&lt;b&gt;: does not exist")]
)
def test_error_is_one_line(path: str, told: str) -> None:
    made = form("config.check")
    made.fields["path"].value = path
    made.runner.button.click()

    assert told in made.error.value
    assert not made.runner.button.disabled


def test_no_form_where_there_is_none() -> None:
    with pytest.raises(InputError, match="has no form"):
        form("workbench")


def test_kinds_of_parameters() -> None:
    try:

        @operation("test.kinds")
        def kinds(
            names: list[str],
            *,
            pairs: list[tuple[str, str]] | None = None,
            count: int = 2,
            share: float = 0.5,
            sure: bool = False,
        ) -> dict[str, Any]:
            """Give back what came."""
            return {"names": names, "pairs": pairs, "count": count, "share": share, "sure": sure}

        made = form("test.kinds")
        made.fields["names"].value = "a\n\nb c\n"
        made.fields["pairs"].value = "x=1\ny=a=b"
        made.fields["sure"].value = True
        result = made.run()

        assert result == {
            "names": ["a", "b c"],
            "pairs": [("x", "1"), ("y", "a=b")],
            "count": 2,
            "share": 0.5,
            "sure": True,
        }
        made.fields["count"].value = "many"
        made.runner.button.click()
        assert "is not a whole number" in made.error.value
    finally:
        operations._items.pop("test.kinds")


def _runner(call: Any) -> tuple[Runner, list[Any]]:
    told: list[Any] = []
    return Runner("test", call, told.append, told.append), told


def test_stop() -> None:
    def work() -> None:
        while True:
            context().cancel.check()

    async def press() -> None:
        runner.start()
        assert runner.button.disabled
        runner.start()  # a second click while it runs does nothing
        runner.stop.click()
        assert runner._task is not None
        await runner._task

    runner, told = _runner(work)
    asyncio.run(press())

    assert [str(item) for item in told] == ["the operation was cancelled"]
    assert not runner.button.disabled


def test_mistake_of_ours_is_said() -> None:
    runner, told = _runner(lambda: 1 / 0)
    runner.start()

    assert [str(item) for item in told] == ["an error in NetGuru itself: ZeroDivisionError: division by zero"]
    assert not runner.button.disabled
