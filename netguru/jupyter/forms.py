"""Forms: the parameters of an operation as widgets, with a button that runs it."""

from __future__ import annotations

import asyncio
import contextvars
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from netguru import render
from netguru.errors import InputError, NetGuruError
from netguru.jupyter.surroundings import workspace_here
from netguru.logs import logger
from netguru.operations.context import CancelToken, use
from netguru.operations.operation import find
from netguru.render.clean import html_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.operations import Operation, Parameter

_WIDE = {"width": "560px"}
_STYLE = {"description_width": "150px"}


def form(name: str) -> Form:
    """Make a form of an operation; raises UnknownNameError, and InputError where it has no form."""
    item = find(name)
    if "form" in item.without:
        message = f"{item.name} has no form: {item.without['form']}"
        raise InputError(message)
    return Form(item)


class Form(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """A form of one operation; `result` is what the last run gave."""

    def __init__(self, item: Operation) -> None:
        self.item = item
        self.result: Any = None
        self.fields = {parameter.name: _field(parameter) for parameter in item.parameters}
        self.error = widgets.HTML()
        self.output = widgets.HTML()
        self.runner = Runner(self.item.name, self._call, self._show, self._complain, clear=self._clear)
        heading = widgets.HTML(
            f'<div class="netguru"><div class="ng-title">{html_text(item.alias or item.name)}</div>'
            f'<div class="ng-dim">{html_text(item.summary)}</div></div><style>{render.style()}</style>'
        )
        super().__init__([heading, *self.fields.values(), self.runner.bar, self.error, self.output])

    @property
    def values(self) -> dict[str, Any]:
        """Read what the widgets state; raises InputError where a required one is empty."""
        stated = {}
        for parameter in self.item.parameters:
            value = _read(parameter, self.fields[parameter.name].value)
            if value is not None:
                stated[parameter.name] = value
            elif parameter.required:
                message = f"{parameter.name.replace('_', ' ')} is needed"
                raise InputError(message)
        return stated

    def run(self, **stated: Any) -> Any:
        """Run the operation with what is stated, or with what the widgets state; gives and shows the result."""
        result = self._call(stated or self.values)
        self._show(result)
        return result

    def _call(self, stated: dict[str, Any] | None = None) -> Any:
        with use(workspace=workspace_here(), face="form"):
            return self.item(**(self.values if stated is None else stated))

    def _show(self, result: Any) -> None:
        self.result = result
        self.error.value = ""
        self.output.value = render.html(result)

    def _complain(self, error: NetGuruError) -> None:
        self.error.value = complaint(error)

    def _clear(self) -> None:
        self.error.value = ""


class Runner:
    """A button that runs a call beside the event loop, so that progress is seen and it can be stopped."""

    def __init__(
        self,
        what: str,
        call: Callable[[], Any],
        show: Callable[[Any], None],
        complain: Callable[[NetGuruError], None],
        *,
        clear: Callable[[], None] = lambda: None,
        label: str = "Run",
    ) -> None:
        self.call, self.show, self.complain, self.clear = call, show, complain, clear
        self.token = CancelToken()
        self.button = widgets.Button(description=label, button_style="primary", tooltip=what)
        self.stop = widgets.Button(description="Stop", disabled=True, layout={"width": "80px"})
        self.told = widgets.HTML()
        self.bar = widgets.HBox([self.button, self.stop, self.told], layout={"align_items": "center"})
        self.button.on_click(lambda _: self.start())
        self.stop.on_click(lambda _: self.token.cancel())
        # A task that nothing holds may be collected while it runs.
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Run the call; without a running event loop (a script) at once."""
        if self.button.disabled:
            return
        self.token = CancelToken()
        self._busy(busy=True)
        self.clear()
        try:
            self._task = asyncio.get_running_loop().create_task(self._run())
        except RuntimeError:
            asyncio.run(self._run())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        shell = contextvars.copy_context()

        def progress(done: float, total: float = 0, message: str = "") -> None:
            # Messages to the browser belong to the cell that made the widget: back to its thread and context.
            loop.call_soon_threadsafe(self._tell, done, total, message, context=shell)

        def work() -> Any:
            with use(progress=progress, cancel=self.token):
                return self.call()

        try:
            result = await asyncio.to_thread(work)
            self._busy(busy=False)
            self.show(result)
        except NetGuruError as error:
            self._busy(busy=False)
            self.complain(error)
        except Exception as error:  # noqa: BLE001 - nobody reads the traceback of a task: say it where people look
            logger(__name__).error("form.failed", operation=self.button.tooltip, exc_info=error)
            self._busy(busy=False)
            self.complain(NetGuruError(f"an error in NetGuru itself: {type(error).__name__}: {error}"))

    def _busy(self, *, busy: bool) -> None:
        self.button.disabled, self.stop.disabled = busy, not busy
        self.told.value = _note("working…") if busy else ""

    def _tell(self, done: float, total: float, message: str) -> None:
        if self.button.disabled:
            share = f"{100 * done / total:.0f} % " if total else ""
            self.told.value = _note(f"{share}{message}")


def complaint(error: NetGuruError) -> str:
    """Write an error as one line of HTML."""
    return (
        f'<div class="netguru"><div class="ng-failed" role="alert">{html_text(error)}</div></div>'
        f"<style>{render.style()}</style>"
    )


def _note(text: str) -> str:
    return f'<span class="netguru"><span class="ng-dim">{html_text(text)}</span></span>'


def _field(parameter: Parameter) -> Any:
    """Choose the widget of a parameter."""
    options: dict[str, Any] = {
        "description": parameter.name.replace("_", " "),
        "description_allow_html": False,
        "tooltip": parameter.help,
        "style": _STYLE,
        "layout": _WIDE,
    }
    if parameter.multiple or parameter.pairs:
        lines = "\n".join(str(value) for value in parameter.default or ())
        hint = "name=value, one per line" if parameter.pairs else "one per line"
        return widgets.Textarea(value=lines, placeholder=hint, rows=3, **options)
    if parameter.choices:
        chosen = [("", None)] if parameter.default is None else []
        choices = [*chosen, *((choice, choice) for choice in parameter.choices)]
        return widgets.Dropdown(options=choices, value=parameter.default, **options)
    if parameter.type is bool:
        return widgets.Checkbox(value=bool(parameter.default), indent=True, **options)
    default = "" if parameter.default is None else str(parameter.default)
    return widgets.Text(value=default, placeholder=_placeholder(parameter), continuous_update=False, **options)


def _placeholder(parameter: Parameter) -> str:
    if parameter.type is Path:
        return "a file or folder to write" if parameter.output else "a file or folder"
    return {int: "a whole number", float: "a number"}.get(parameter.type, "") or parameter.help[:60]


def _read(parameter: Parameter, value: Any) -> Any:
    """Bring a widget's value to what the operation takes; None for what was left empty."""
    if parameter.multiple or parameter.pairs:
        return [line.strip() for line in str(value).splitlines() if line.strip()] or None
    if isinstance(value, str) and not parameter.choices:
        return value.strip() or None
    return value
