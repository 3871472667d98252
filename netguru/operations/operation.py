"""The decorator, the registry of operations, and how one is called."""

from __future__ import annotations

import functools
import inspect
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar, get_args

from netguru.errors import InputError, UnknownNameError
from netguru.operations.context import Context, context
from netguru.operations.parameters import Parameter, read_parameters
from netguru.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Effect = Literal["read", "write", "spend", "serve"]
Face = Literal["python", "cli", "magic", "form", "tool", "report"]
FACES: tuple[Face, ...] = get_args(Face)

P = ParamSpec("P")
R = TypeVar("R")

_injectors: dict[str, Callable[[Context], Any]] = {
    "progress": lambda current: current.progress,
    "cancel": lambda current: current.cancel,
}


def inject(name: str, factory: Callable[[Context], Any]) -> None:
    """Let operations ask for something by a parameter's name (`workspace` registers itself so)."""
    _injectors[name] = factory


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: what every face needs to know about it.

    `effect` says what a call does to the world; `without` names the faces left out, each with
    its reason; `alias` is a short second name.
    """

    name: str
    function: Callable[..., Any]
    effect: Effect
    alias: str = ""
    without: Mapping[Face, str] = field(default_factory=dict)
    injected: frozenset[str] = frozenset()
    parameters: tuple[Parameter, ...] = ()

    @property
    def doc(self) -> str:
        """Give the whole docstring, dedented."""
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        """Give the first sentence of the docstring."""
        return " ".join(self.doc.split("\n\n", 1)[0].split())

    @property
    def faces(self) -> tuple[Face, ...]:
        """Give the faces that the operation has."""
        return tuple(face for face in FACES if face not in self.without)

    def effect_of(self, arguments: Mapping[str, Any]) -> Effect:
        """Say what a call with these arguments does: without its optional output path an operation only reads."""
        outputs = [item for item in self.parameters if item.output]
        if any(arguments.get(item.name) not in (None, "") for item in outputs):
            return "write" if self.effect == "read" else self.effect
        optional = bool(outputs) and not any(item.required for item in outputs)
        return "read" if self.effect == "write" and optional else self.effect

    def parameter(self, name: str) -> Parameter:
        """Find a parameter; raises UnknownNameError."""
        for item in self.parameters:
            if item.name == name:
                return item
        raise UnknownNameError(f"parameter of {self.name}", name, [item.name for item in self.parameters])

    def __call__(self, **arguments: Any) -> Any:
        """Check the arguments, add what is injected, and run."""
        values: dict[str, Any] = {}
        for name, value in arguments.items():
            # A caller's own progress or cancel token goes before the context's.
            values[name] = value if name in self.injected else self.parameter(name).coerce(value)
        for item in self.parameters:
            if item.required and item.name not in values:
                message = f"{self.name}: {item.option} is missing"
                raise InputError(message, hint=f"netguru {self.name} --help")
        current = context()
        for name in self.injected - values.keys():
            values[name] = _injectors[name](current)
        return self.function(**values)


operations: Registry[Operation] = Registry("operation", group="netguru.operations")


def operation(
    name: str,
    *,
    effect: Effect = "read",
    alias: str = "",
    without: Mapping[Face, str] | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a typed function with a docstring an operation with all its faces.

    Raises TypeError when a parameter's type has no face or the docstring is missing.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if not function.__doc__:
            message = f"operation {name!r} has no docstring"
            raise TypeError(message)
        signature = inspect.signature(function)
        injected = frozenset(signature.parameters) & {"progress", "cancel", "workspace"}
        made = Operation(
            name=name,
            function=function,
            effect=effect,
            alias=alias,
            without=dict(without or {}),
            injected=injected,
            parameters=read_parameters(function, injected),
        )
        operations.register(name, made)
        visible = [item for item in signature.parameters.values() if item.name not in injected]

        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            bound = signature.replace(parameters=[*visible]).bind_partial(
                *args, **{key: value for key, value in kwargs.items() if key not in injected}
            )
            extra = {key: value for key, value in kwargs.items() if key in injected}
            result: R = made(**bound.arguments, **extra)
            return result

        # IPython and inspect show what a caller gives, not what is injected.
        call.__signature__ = signature.replace(parameters=visible)  # type: ignore[attr-defined]  # not in the type of a function
        return call

    return decorate


def find(name: str) -> Operation:
    """Find an operation by its name or its alias; raises UnknownNameError with the nearest names."""
    found = operations.get(name)
    if found is not None:
        return found
    for item in operations.values():
        if name and item.alias == name:
            return item
    aliases = [item.alias for item in operations.values() if item.alias]
    raise UnknownNameError("operation", name, [*operations, *aliases])


def functions(family: str) -> dict[str, Callable[..., Any]]:
    """Give the Python functions of a family of operations by their short names: `files` has `add`, `list`, ...

    A name without a dot (`workbench`) is its own family, under the empty name.
    """
    found = {}
    for name, item in operations.items():
        first, _, rest = name.partition(".")
        if first == family:
            found[rest] = getattr(sys.modules[item.function.__module__], item.function.__qualname__)
    return found
