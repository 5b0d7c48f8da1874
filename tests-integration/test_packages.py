"""All packages have the same shape, as installed: editable in development, or from wheels."""

import importlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import __version__
from chatmodels.core.extending import provider

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent for path in ROOT.glob("packages/*/pyproject.toml"))

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
each_provider = pytest.mark.parametrize(
    "package",
    [path for path in PACKAGES if path.name.startswith("chatmodels-provider-")],
    ids=lambda path: path.name,
)


def project(package: Path) -> dict[str, Any]:
    return tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]


def module_name(package: Path) -> str:
    name = package.name.removeprefix("chatmodels-").replace("-", "_")
    return "chatmodels." + name.replace("provider_", "providers.", 1)


def test_all_packages_have_one_version() -> None:
    versions = {package.name: project(package)["version"] for package in [ROOT, *PACKAGES]}
    versions["chatmodels.core.__version__"] = __version__

    assert len(set(versions.values())) == 1, versions


def test_the_distribution_of_all_packages_has_an_extra_for_each() -> None:
    declared = project(ROOT)
    extras = declared["optional-dependencies"]
    pin = f">={declared['version']},<0.2"
    names = {path.name.removeprefix("chatmodels-") for path in PACKAGES} - {"core"}

    assert declared["name"] == "chatmodels"
    assert declared["dependencies"] == [f"chatmodels-core{pin}"]
    assert extras == {
        "all": [f"chatmodels-{name}{pin}" for name in sorted(names, key=as_extra)],
        **{as_extra(name): [f"chatmodels-{name}{pin}"] for name in names},
        "cost": [f"chatmodels-core[cost]{pin}"],
    }


def as_extra(name: str) -> str:
    return name.removeprefix("provider-")


@each_package
def test_all_packages_have_the_same_metadata(package: Path) -> None:
    declared, whole = project(package), project(ROOT)

    for key in ("urls", "authors", "license", "requires-python", "readme"):
        assert declared[key] == whole[key]
    assert set(declared["classifiers"]) >= set(whole["classifiers"])


@pytest.mark.parametrize("folder", [ROOT, *PACKAGES], ids=lambda path: path.name)
def test_links_of_a_readme_work_on_other_sites_and_lead_to_files(folder: Path) -> None:
    inside = f"{project(ROOT)['urls']['Source']}/blob/main/"
    links = re.findall(r"\]\(([^)]+)\)", (folder / "README.md").read_text("utf-8"))

    assert all(link.startswith("https://") for link in links)
    files = [link.removeprefix(inside).split("#")[0] for link in links if link.startswith(inside)]
    assert [file for file in files if not (ROOT / file).is_file()] == []


@each_package
def test_a_package_is_installed_as_it_is_declared(package: Path) -> None:
    declared = project(package)
    installed = metadata.metadata(package.name)

    assert declared["name"] == package.name
    assert installed["Version"] == declared["version"]
    assert installed["Summary"] == declared["description"]
    assert installed["Requires-Python"] == ">=3.11"


@each_package
def test_a_package_carries_the_licence(package: Path) -> None:
    installed = metadata.metadata(package.name)

    assert installed["License-Expression"] == "MIT"
    assert installed.get_all("License-File") == ["LICENSE"]
    assert (package / "LICENSE").read_text("utf-8") == (ROOT / "LICENSE").read_text("utf-8")


@each_package
def test_a_package_is_typed(package: Path) -> None:
    assert files(module_name(package)).joinpath("py.typed").is_file()


@each_package
def test_a_package_has_a_readme_with_its_install_command(package: Path) -> None:
    readme = (package / "README.md").read_text("utf-8")

    assert readme.startswith(f"# {package.name}\n")
    assert f"pip install {package.name}" in readme


@each_package
def test_a_package_has_a_description_and_public_names(package: Path) -> None:
    module = importlib.import_module(module_name(package))

    assert module.__doc__
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@each_provider
def test_a_provider_is_found_by_its_entry_point(package: Path) -> None:
    name = package.name.removeprefix("chatmodels-provider-")
    found = registered_by(package)

    assert name in found
    assert all(other.startswith(name) for other in found)
    assert set(found.values()) == {f"{module_name(package)} [contract-1]"}


@each_provider
def test_a_providers_readme_lists_every_option_and_its_variables(package: Path) -> None:
    words = set(re.findall(r"`(\w+)", (package / "README.md").read_text("utf-8")))

    for name in registered_by(package):
        known = provider(name).metadata
        assert known.distribution == package.name
        for option in known.options:
            assert words >= {option.name, *option.env}


@each_provider
def test_a_providers_readme_repeats_no_row(package: Path) -> None:
    lines = (package / "README.md").read_text("utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]

    assert len(set(rows)) == len(rows)


def registered_by(package: Path) -> dict[str, str]:
    """List the entry points of a provider's package, by the names under which it registers."""
    found = metadata.distribution(package.name).entry_points.select(group="chatmodels.providers")
    return {entry_point.name: entry_point.value for entry_point in found}


@pytest.mark.parametrize("namespace", ["chatmodels", "chatmodels.providers"])
def test_no_package_contains_the_init_file_of_a_namespace(namespace: str) -> None:
    assert importlib.import_module(namespace).__file__ is None


def test_the_public_names_are_those_pinned() -> None:
    pinned = (ROOT / "tests-integration" / "public-names.txt").read_text("utf-8")
    script = ROOT / ".ci" / "names.py"

    names = subprocess.run(
        [sys.executable, script, "--print"], capture_output=True, text=True, check=False
    )

    assert names.returncode == 0, names.stderr
    assert names.stdout == pinned, "if these are the names you want, pin them: ./run names"
