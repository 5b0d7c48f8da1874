"""The page of capabilities agrees with the product."""

import subprocess
import sys
from pathlib import Path

import capability_tables


def test_the_page_of_capabilities_is_current(tmp_path: Path) -> None:
    written = tmp_path / "capabilities.md"
    script = [sys.executable, capability_tables.__file__, written]
    subprocess.run(script, check=True)
    assert written.read_text("utf-8") == capability_tables.PAGE.read_text("utf-8"), (
        "write it anew: ./run capabilities"
    )
