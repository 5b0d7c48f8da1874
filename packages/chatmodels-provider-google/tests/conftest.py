"""Lets the tests read recorded exchanges with the tools of another package."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "chatmodels-openai-compatible" / "tests"))
