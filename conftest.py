"""Modules that need an extra are not collected where it is absent."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("jupyter_ai_persona_manager") else ["netguru/jupyter/ai_persona.py"]
