"""Lets the tests of this room import the library that they share with the bench."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
