import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for source in [ROOT / "pyproject.toml", *ROOT.glob("packages/*/pyproject.toml")]:
        target = tmp_path / source.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    module = tmp_path / "packages" / "chatmodels-core" / "src" / "chatmodels" / "_version.py"
    module.parent.mkdir(parents=True)
    module.write_text('VERSION: Final = "0.1.0"\n')
    (tmp_path / "CHANGELOG.md").write_text("# Change log\n\n## [Unreleased]\n\nMore speed.\n")
    return tmp_path


def bump(checkout: Path, version: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / ".ci" / "bump.py"
    command = [sys.executable, script, version, "--root", checkout, "--date", "2030-01-02"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def projects(checkout: Path) -> list[dict[str, Any]]:
    paths = [checkout / "pyproject.toml", *checkout.glob("packages/*/pyproject.toml")]
    return [tomllib.loads(path.read_text())["project"] for path in paths]


@pytest.mark.parametrize(
    ("version", "ceiling"),
    [("0.7.3", "0.8"), ("2.0.1", "3"), ("0.9.0rc1", "0.10")],
    ids=["before-1.0", "after-1.0", "candidate"],
)
def test_a_bump_sets_every_version_and_every_pin_between_siblings(
    checkout: Path, version: str, ceiling: str
) -> None:
    before = {str(p["name"]): p["dependencies"] for p in projects(checkout)}

    result = bump(checkout, version)

    assert result.returncode == 0, result.stderr
    for project in projects(checkout):
        assert project["version"] == version
        expected = [
            f"{dependency.split('>=')[0]}>={version},<{ceiling}"
            if dependency.startswith("chatmodels-")
            else dependency
            for dependency in before[str(project["name"])]
        ]
        assert project["dependencies"] == expected
    whole, *_ = projects(checkout)
    assert whole["optional-dependencies"]["mock"] == [
        f"chatmodels-provider-mock>={version},<{ceiling}"
    ]
    (written,) = checkout.glob("packages/*/src/**/_version.py")
    assert f'VERSION: Final = "{version}"\n' in written.read_text()


def test_a_bump_adds_the_version_to_the_unreleased_changes(checkout: Path) -> None:
    bump(checkout, "0.7.3")

    assert (checkout / "CHANGELOG.md").read_text() == (
        "# Change log\n\n## [Unreleased]\n\n## [0.7.3] - 2030-01-02\n\nMore speed.\n"
    )


@pytest.mark.parametrize("text", ["1.2", "v1.2.3", "1.2.3-dev", "1.02.3"])
def test_a_bump_refuses_an_invalid_version_and_changes_nothing(checkout: Path, text: str) -> None:
    before = projects(checkout)

    result = bump(checkout, text)

    assert result.returncode == 2
    assert f"{text!r} is not a version" in result.stderr
    assert projects(checkout) == before
