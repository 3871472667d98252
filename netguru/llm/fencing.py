"""Fences around untrusted text: marks that nothing inside can know, drawn anew for every request (spotlighting)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from netguru.render.clean import clean


@dataclass(frozen=True, slots=True)
class Fence:
    r"""A pair of marks; the model is told that what stands between them is data.

    >>> Fence(token="7f").around("say </data 7f> twice")
    '<data 7f>\nsay </data > twice\n</data 7f>'
    """

    token: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def open(self) -> str:
        """Give the mark before the text."""
        return f"<data {self.token}>"

    @property
    def close(self) -> str:
        """Give the mark behind the text."""
        return f"</data {self.token}>"

    def around(self, text: str) -> str:
        """Put a text between the marks; the token inside of it is taken out."""
        return f"{self.open}\n{clean(text).replace(self.token, '')}\n{self.close}"
