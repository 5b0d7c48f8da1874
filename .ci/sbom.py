"""Writes a CycloneDX bill of materials of the distributions in `dist/` and their dependencies.

./run wheels && ./run sbom sbom.cdx.json
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import workspace


def main(target: str) -> None:
    wheels = sorted((workspace.ROOT / "dist").glob("*.whl"))
    if not wheels:
        sys.exit("dist/ has no wheels; build them first: ./run wheels")
    with tempfile.TemporaryDirectory() as scratch:
        environment = Path(scratch) / "environment"
        python = workspace.python(environment)
        run("uv", "venv", "--quiet", "--python", sys.executable, environment)
        run("uv", "pip", "install", "--quiet", "--python", python, *wheels)
        run(sys.executable, "-m", "cyclonedx_py", "environment", python, "--output-file", target)
    print(f"wrote {target}")


def run(*command: str | Path) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
