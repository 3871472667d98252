"""The directives and roles of Sphinx and of the documentation of networks, as docutils needs to know them."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive, directives, roles
from docutils.parsers.rst.languages import en as english

from netguru import resources

_DIRECTIVE = re.compile(r"^\s*(?:\.\.|\|[^|]+\|)\s+(?:\|[^|]+\|\s+)?([A-Za-z][\w:.+-]*)::(?:\s|$)", re.MULTILINE)
_ROLE = re.compile(r":([A-Za-z][\w:.+-]*):`|`:([A-Za-z][\w:.+-]*):")
_OPTIONS = re.compile(r"(?:^|\n)\s*:[\w-]+:(?:\s.*)?(?=\n|$)")
_TARGET = re.compile(r"\s*<[^<>]*>$", re.DOTALL)
_REFERENCES = frozenset({"ref", "doc", "term", "numref", "any", "download", "option", "envvar", "manpage"})


class Command(nodes.General, nodes.Element):  # type: ignore[misc] # docutils has no types
    """A command with the text that explains it."""


class _Kept(Directive):  # type: ignore[misc] # as above
    """An unknown directive: its arguments and its content are text."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[Any]:
        """Parse the content as usual."""
        found = []
        # Its options are not known, so docutils takes them for a part of the argument.
        shown = _OPTIONS.sub("", self.arguments[0]) if self.arguments else ""
        if shown.strip():
            found.append(self._said(shown))
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        return [*found, *node.children]

    def _said(self, text: str) -> Any:
        """Give a paragraph of an argument: roles and marks in it are read as everywhere."""
        inline, _ = self.state.inline_text(text, self.lineno)
        node = nodes.paragraph(text, "", *inline)
        node.line = self.lineno
        return node


class _Command(_Kept):
    def run(self) -> list[Any]:
        node = Command()
        node["text"] = self.arguments[0] if self.arguments else ""
        node.line = self.lineno
        self.state.nested_parse(self.content, self.content_offset, node)
        return [node]


class _Code(_Kept):
    option_spec = None

    def run(self) -> list[Any]:
        text = "\n".join(self.content)
        node = nodes.literal_block(text, text)
        node.line = self.content_offset + 1
        return [node] if text.strip() else []


class _Dropped(_Kept):
    def run(self) -> list[Any]:
        return []


class _Version(_Kept):
    def run(self) -> list[Any]:
        word = resources.table("rag", "loading.toml")["rst"]["versions"][self.name]
        first, _, rest = (self.arguments[0] if self.arguments else "").partition("\n")
        node = nodes.container()
        node += self._said(f"{word} {first}." + (f"\n{rest}" if rest else ""))
        self.state.nested_parse(self.content, self.content_offset, node)
        return list(node.children)


class _Seealso(_Kept):
    def run(self) -> list[Any]:
        return [self._said("See also:"), *super().run()]


class _Picture(_Kept):
    """A figure or an image: its caption and the text that stands for it."""

    option_spec = None

    def run(self) -> list[Any]:
        node = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, node)
        alt = next((line.partition(":alt:")[2].strip() for line in self.block_text.split("\n") if ":alt:" in line), "")
        # An image inside a substitution must give something that can stand in a line.
        inline = nodes.inline(text=alt)
        return (
            [inline]
            if self.state.__class__.__name__ == "SubstitutionDef"
            else (([self._said(alt)] if alt else []) + list(node.children))
        )


def _role(name: str, _raw: str, text: str, _line: int, _inliner: Any, **_more: Any) -> tuple[list[Any], list[Any]]:
    shown = text.replace("\x00", "").lstrip("!~")
    if name.rpartition(":")[2] in _REFERENCES or "<" not in shown:
        shown = _TARGET.sub("", shown) or shown
    return [nodes.inline(text=shown)], []


@cache
def _register_known() -> None:
    table = resources.table("rag", "loading.toml")["rst"]
    rows = (
        (table["commands"], _Command),
        (table["code"], _Code),
        (table["dropped"], _Dropped),
        (table["versions"], _Version),
        (["seealso"], _Seealso),
        (["figure", "image"], _Picture),
    )
    for names, directive in rows:
        for name in names:
            directives.register_directive(name, directive)


@cache
def _register_directive(name: str) -> None:
    domain, _, short = name.rpartition(":")
    commands = resources.table("rag", "loading.toml")["rst"]["commands"]
    if domain:
        # `py:function` is a function in the domain of Python.
        directives.register_directive(name, _Command if short in commands else _Kept)
    elif name.lower() not in english.directives and name.lower() not in directives._directives:  # noqa: SLF001 - the only way to ask
        directives.register_directive(name.lower(), _Kept)


@cache
def _register_role(name: str) -> None:
    if name.lower() not in english.roles and name.lower() not in roles._roles:  # noqa: SLF001 - as above
        roles.register_local_role(name.lower(), _role)


def register(text: str) -> None:
    """Make every directive and role that a text uses known to docutils: what it does not know is kept as text."""
    _register_known()
    for name in set(_DIRECTIVE.findall(text)):
        _register_directive(name)
    for first, second in set(_ROLE.findall(text)):
        _register_role(first or second)
