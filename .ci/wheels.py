"""Builds all distributions and tests them as users install them.

1. Every wheel contains only its package. PyPI can render its README.
2. From a folder of wheels, without an index, pip installs exactly the dependencies of a provider.
3. The integration tests pass against the installed wheels, in a folder without the sources.
4. The tests of each package pass in its unpacked source distribution, against the wheels.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import workspace

DIST = workspace.ROOT / "dist"
META = "chatmodels"  # the distribution without code, built from the root

# the packages that `pip install chatmodels-core chatmodels-provider-openai` installs
NEEDED = {
    "certifi",
    "chatmodels-core",
    "chatmodels-http",
    "chatmodels-openai-compatible",
    "chatmodels-provider-openai",
    "chatmodels-resilience",
    "docstring-parser",
    "httptools",
    "msgspec",
}


def main() -> None:
    shutil.rmtree(DIST, ignore_errors=True)  # hatch's --clean would do so before each package
    run("hatch", "--env", "default", "build", "--all")
    wheels = sorted(DIST.glob("*.whl"))
    check_built(wheels)
    run(sys.executable, "-m", "twine", "check", "--strict", *sorted(DIST.iterdir()))
    for wheel in wheels:
        check_contents(wheel)
    with tempfile.TemporaryDirectory() as scratch:
        check_needed(Path(scratch))
        python = check_integration(wheels, Path(scratch))
        for sdist in sorted(DIST.glob("chatmodels_*.tar.gz")):
            check_sdist(sdist, python, Path(scratch))


def check_built(wheels: list[Path]) -> None:
    built = {path.name.split("-")[0].replace("_", "-") for path in wheels}
    wanted = {META, *workspace.packages()}
    if built != wanted:
        sys.exit(f"built {sorted(built)}, not {sorted(wanted)}")
    print(f"built {len(built)} distributions")


def check_contents(wheel: Path) -> None:
    distribution, version = wheel.name.split("-")[:2]
    metadata = f"{distribution}-{version}.dist-info/"
    home, needed = metadata, {metadata + "licenses/LICENSE"}
    if distribution != META:
        home = workspace.module(distribution.replace("_", "-")).replace(".", "/") + "/"
        needed.add(home + "py.typed")
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
    strays = [name for name in files if not name.startswith((home, metadata))]
    missing = needed - set(files)
    if strays or missing:
        sys.exit(f"{wheel.name} contains {strays} and does not contain {sorted(missing)}")


def check_needed(scratch: Path) -> None:
    folder = scratch / "wheels"
    shutil.copytree(DIST, folder, ignore=shutil.ignore_patterns("*.tar.gz"))
    tools = create(scratch / "tools", "--seed")
    # with an index, only here, for other packages; the built wheels are preferred
    names = ["chatmodels-core", "chatmodels-provider-openai"]
    pip = [tools, "-m", "pip", "--disable-pip-version-check"]
    own = [folder / path.name for path in DIST.glob("*.whl")]
    run(*pip, "download", "--quiet", "--only-binary", ":all:", "--dest", folder, *own)

    python = create(scratch / "provider", "--seed")
    before = installed(python)
    offline = ["--no-index", "--find-links", folder]
    run(python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *offline, *names)
    added = installed(python) - before
    if added != NEEDED:
        sys.exit(
            f"pip install {' '.join(names)} installed {sorted(added - NEEDED)} unexpectedly"
            f" and not {sorted(NEEDED - added)}; fix the dependencies, or NEEDED"
        )
    run(python, "-c", "import chatmodels.providers.openai")
    print(f"pip install {' '.join(names)} installed {len(added)} distributions, all needed")


def check_integration(wheels: list[Path], scratch: Path) -> str:
    """Run the integration tests, and return the Python that has everything installed."""
    checkout = scratch / "checkout"
    hidden = shutil.ignore_patterns(".git", ".hatch", ".*cache*", "dist", "src")
    shutil.copytree(workspace.ROOT, checkout, ignore=hidden)
    python = create(scratch / "everything")
    run(
        "uv",
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        *wheels,
        "--group",
        "test",
        "--group",
        "demo",
    )
    print(f"running the integration tests against {len(wheels)} installed wheels", flush=True)
    run(python, "-m", "pytest", "-q", "-n", "auto", "tests-integration", cwd=checkout)
    return python


def check_sdist(sdist: Path, python: str, scratch: Path) -> None:
    print(f"running the tests in {sdist.name}", flush=True)
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch, filter="data")
    unpacked = scratch / sdist.name.removesuffix(".tar.gz")
    run(python, "-m", "pytest", "-q", "-n", "auto", cwd=unpacked)


def create(environment: Path, *options: str) -> str:
    run("uv", "venv", "--quiet", *options, "--python", sys.executable, environment)
    return workspace.python(environment)


def installed(python: str) -> set[str]:
    command = ["uv", "pip", "freeze", "--python", python]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split("==")[0].split(" @ ")[0] for line in lines}


def run(*command: str | Path, cwd: Path = workspace.ROOT) -> None:
    result = subprocess.run(command, cwd=cwd, check=False)
    if result.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


if __name__ == "__main__":
    main()
