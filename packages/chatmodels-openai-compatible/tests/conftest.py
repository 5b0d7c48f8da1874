"""Lets the tests share what they know of recorded exchanges."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
