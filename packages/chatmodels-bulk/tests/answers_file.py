"""The file with the answers of a run."""

import json
from pathlib import Path
from typing import Any


def records(path: Path) -> list[dict[str, Any]]:
    """Return the records of a file of answers."""
    return [json.loads(line) for line in path.read_text().splitlines()]
