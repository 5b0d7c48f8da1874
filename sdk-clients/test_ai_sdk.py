"""Vercel's AI SDK in Node, which validates each response and event by a schema."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from chatmodels.testing import Simulator

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
CHECKS = ("text", "stream", "tools", "stream-tools", "object", "error")
PROVIDERS = ("openai-chat", "openai-responses", "anthropic", "google")

pytestmark = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture(scope="module")
def node() -> str:
    """Install the newest packages, and return the path of Node."""
    found = shutil.which("node")
    assert found is not None
    subprocess.run(
        ["npm", "install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE,
        check=True,
    )
    return found


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_sdk_accepts_the_simulator(
    node: str, simulator: Simulator, provider: str, check: str
) -> None:
    environment = {**os.environ, "SIMULATOR": simulator.url}
    result = subprocess.run(
        [node, "check.mjs", provider, check],
        cwd=HERE,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert json.loads(result.stdout)["warnings"] == []
