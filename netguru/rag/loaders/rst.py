"""Reads reStructuredText with docutils: sections, commands with their bodies, code, lists and tables."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru.rag.loaders import loaders
from netguru.rag.loaders.rst_flow import Flow
from netguru.rag.loaders.rst_source import expanded
from netguru.rag.loaders.source import is_text, named
from netguru.rag.loaders.text import write_text
from netguru.rag.loaders.writer import Writer

if TYPE_CHECKING:
    from netguru.rag.documents import Document
    from netguru.rag.loaders.source import Source

_SIGNS = re.compile(rb"(?m)^[ ]*\.\. (?:[\w:-]+::|_[\w -]+:)|:\w+:`[^`\n]+`")
_LONGEST_LINE = 100_000


class RstLoader:
    """Read reStructuredText."""

    name = "rst"

    def recognise(self, head: bytes, uri: str) -> float:
        """Go by the name, or by directives in a text of another name (an include is often a `.txt`)."""
        if not is_text(head):
            return 0.0
        if named(self.name, uri):
            return 0.9
        return 0.6 if len(_SIGNS.findall(head)) > 1 and not named("markdown", uri) else 0.0

    def load(self, source: Source) -> Document:
        """Parse the source; what docutils cannot parse is read as plain text, with the reason among the damages."""
        text = source.text()
        lines = expanded(source, text)
        if any(len(line.text) > _LONGEST_LINE for line in lines):
            source.damaged(f"has lines of more than {_LONGEST_LINE:,} characters; read as plain text")
            return write_text(source, text, self.name)
        try:
            tree = _parsed("\n".join(line.text for line in lines), source.uri)
            writer = Writer(source)
            Flow(writer, lines).document(tree)
        except RecursionError:
            source.damaged("is nested too deeply; read as plain text")
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - docutils raises anything on odd markup; the text is still there
            source.damaged(f"its markup cannot be read; read as plain text ({type(error).__name__}: {error})")
        else:
            return writer.document(self.name)
        return write_text(source, text, self.name)


@cache
def _settings() -> dict[str, Any]:
    # Nothing is taken in or passed through by docutils itself: no files, no raw parts, no configuration files.
    return {
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "_disable_config": True,
        "report_level": 3,
        "halt_level": 6,
        "doctitle_xform": False,
        "docinfo_xform": False,
        "syntax_highlight": "none",
        "smart_quotes": False,
        "line_length_limit": _LONGEST_LINE,
        "input_encoding": "unicode",
    }


def _parsed(text: str, uri: str) -> Any:
    from docutils.core import publish_doctree

    from netguru.rag.loaders.rst_names import register

    register(text)
    # Its reports of odd markup go nowhere: the writers of other people's documents are not here to read them.
    return publish_doctree(text, source_path=uri, settings_overrides={**_settings(), "warning_stream": io.StringIO()})


loaders.register("rst", RstLoader())
