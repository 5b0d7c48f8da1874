"""The checker of the built site finds links that lead nowhere."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent.parent / ".ci" / "links.py"


def check(site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, site], capture_output=True, text=True, check=False
    )


def page(link: str) -> str:
    return f'<h1 id="top">A</h1><a href="{link}">b</a>'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "index.html").write_text(page("../#top"))
    (tmp_path / "icon.svg").write_text("<svg/>")
    (tmp_path / "404.html").write_text(page("/elsewhere/nothing.html"))
    return tmp_path


@pytest.mark.parametrize(
    "link",
    [
        *("#top", "guide/", "guide/#top", "/guide/index.html", "icon.svg#any", "icon%2Esvg?v=1"),
        *("https://example.com/nothing", "mailto:a@example.com", ""),
    ],
)
def test_links_that_lead_somewhere_are_accepted(link: str, site: Path) -> None:
    (site / "index.html").write_text(page(link))

    result = check(site)

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("gone/", "there is no such file"),
        ("guide/more.html", "there is no such file"),
        ("#bottom", "the page has no such anchor"),
        ("guide/#bottom", "the page has no such anchor"),
    ],
)
def test_links_that_lead_nowhere_are_reported(link: str, problem: str, site: Path) -> None:
    (site / "index.html").write_text(page(link))

    result = check(site)

    assert result.returncode == 1
    assert result.stderr.strip() == f"index.html: {link}: {problem}"
