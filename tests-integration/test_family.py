"""The packages of vendors that a dialect describes have the same shape, and the generator too."""

import ast
import os
import subprocess
import sys
import tokenize
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chatmodels.core import ChatModelError, create_chat_model
from chatmodels.core.extending import provider
from chatmodels.openai_compatible import Dialect
from chatmodels.testing import Recording
from conformance.row import InexpressibleError
from conformance.rows.family_chat import neutral
from family import FAMILY, ROOT, page_of, title_of

MODULES = {"__init__.py", "_provider.py", "py.typed"}
LONGEST = 80
"""More lines of code than a package without further modules has, and each further module."""

SECTIONS = ["Credentials", "Capabilities", "Peculiarities", "Sources"]

each_provider = pytest.mark.parametrize("name", FAMILY)


def package_of(name: str, root: Path = ROOT) -> Path:
    return root / "packages" / f"chatmodels-provider-{name}"


def source_of(name: str, root: Path = ROOT) -> Path:
    module = name.replace("-", "_")
    return package_of(name, root) / "src" / "chatmodels" / "providers" / module


def lines_of_code(path: Path) -> int:
    """Count the lines that are neither blank nor a comment nor a part of a docstring."""
    with path.open("rb") as file:
        tokens = list(tokenize.tokenize(file.readline))
    silent = {
        *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
        *(tokenize.ENCODING, tokenize.ENDMARKER),
    }
    lines = {
        line
        for token in tokens
        if token.type not in silent
        for line in range(token.start[0], token.end[0] + 1)
    }
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(lines)


@each_provider
def test_a_package_is_as_short_as_its_shape_permits(name: str) -> None:
    files = {path.name: path for path in source_of(name).iterdir() if path.suffix != ".pyc"}
    files.pop("__pycache__", None)

    assert files.keys() >= MODULES
    lengths = {file: lines_of_code(path) for file, path in files.items() if path.suffix == ".py"}
    plain = lengths.pop("__init__.py") + lengths.pop("_provider.py")
    assert max(plain, *lengths.values(), 0) < LONGEST, lengths


@each_provider
def test_a_package_has_the_same_files(name: str) -> None:
    package = package_of(name)

    assert {path.name for path in package.iterdir() if path.name != "__pycache__"} == {
        *("LICENSE", "README.md", "pyproject.toml", "src", "tests"),
    }
    tests = (package / "tests" / f"test_{name.replace('-', '_')}.py").read_text("utf-8")
    assert f'ProviderContract(provider="{name}"' in " ".join(tests.split()).replace("( ", "(")
    assert "checks(CONTRACT)" in tests


@each_provider
def test_a_package_exports_its_dialect_and_its_provider(name: str) -> None:
    module = sys.modules[f"chatmodels.providers.{name.replace('-', '_')}"]

    assert {"DIALECT", "PROVIDER"} <= set(module.__all__)
    assert module.PROVIDER is provider(name)
    assert module.DIALECT is module.PROVIDER.dialect
    assert module.DIALECT.name == name


@each_provider
def test_a_page_has_the_same_sections_and_names_its_sources(name: str) -> None:
    page = page_of(name)
    sections = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]

    assert [section for section in sections if section in SECTIONS] == SECTIONS
    assert f"pip install chatmodels-core chatmodels-provider-{name}" in page
    assert "name its pages" not in page
    assert title_of(name)


@each_provider
def test_a_readme_has_the_same_parts(name: str) -> None:
    readme = (package_of(name) / "README.md").read_text("utf-8")

    assert "| option | environment | |\n| --- | --- | --- |\n" in readme
    assert f"docs/reference/providers/{name}.md" in readme
    assert f"Imported as `chatmodels.providers.{name.replace('-', '_')}`." in readme


@each_provider
def test_the_metadata_describes_the_provider(name: str) -> None:
    metadata = FAMILY[name].metadata

    assert metadata.documentation_url, "the vendor's reference"
    assert metadata.description.endswith(".")
    assert all(model.provider == name for model in metadata.models)


@each_provider
def test_the_error_for_a_missing_key_or_address_names_the_variables(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [option for option in FAMILY[name].metadata.options if option.required]
    for option in FAMILY[name].metadata.options:
        for variable in option.env:
            monkeypatch.delenv(variable, raising=False)
    missing = [f"set {option.env[0]} or pass {option.name}=" for option in options]
    try:
        create_chat_model(f"{name}:m")
        reported = ""
    except ChatModelError as error:
        reported = str(error)

    assert [sentence for sentence in missing if sentence not in reported] == []
    assert bool(missing) == bool(reported)


def new_provider(*arguments: str, root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, ROOT / ".ci" / "new_provider.py", *arguments, "--root", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("LICENSE", "pyproject.toml", "zensical.toml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    model = Path("packages", "chatmodels-openai-compatible", "pyproject.toml")
    (tmp_path / model).parent.mkdir(parents=True)
    (tmp_path / model).write_bytes((ROOT / model).read_bytes())
    return tmp_path


ADDRESS = (
    *("--base-url", "https://api.acme.example/v1/"),
    *("--documentation", "https://docs.acme.example/chat"),
)


def test_a_generated_package_keeps_the_contract(checkout: Path) -> None:
    done = new_provider("acme-cloud", "--title", "Acme Cloud", *ADDRESS, root=checkout)
    assert done.returncode == 0, done.stderr
    package = package_of("acme-cloud", checkout)
    # It is found as by its installation.
    installed = package / "src" / "chatmodels_provider_acme_cloud-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: chatmodels-provider-acme-cloud\nVersion: 0.1.0\n")
    declared = tomllib.loads((package / "pyproject.toml").read_text("utf-8"))["project"]
    entry_points = declared["entry-points"]["chatmodels.providers"]
    lines = ["[chatmodels.providers]", *(f"{name} = {at}" for name, at in entry_points.items())]
    (installed / "entry_points.txt").write_text("\n".join(lines))
    (checkout / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")

    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", package / "tests"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(package / "src")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert tests.returncode == 0, tests.stdout
    assert lines_of_code(source_of("acme-cloud", checkout) / "_provider.py") < LONGEST / 4


def test_a_generated_package_is_declared_where_the_others_are(checkout: Path) -> None:
    new_provider("acme-cloud", "--title", "Acme Cloud", *ADDRESS, root=checkout)

    declared = (package_of("acme-cloud", checkout) / "pyproject.toml").read_text("utf-8")
    assert 'name = "chatmodels-provider-acme-cloud"' in declared
    assert '"chatmodels-openai-compatible>=' in declared
    assert 'acme-cloud = "chatmodels.providers.acme_cloud [contract-1]"' in declared
    whole = (checkout / "pyproject.toml").read_text("utf-8")
    assert 'all = [\n  "chatmodels-provider-acme-cloud>=' in whole
    assert 'acme-cloud = ["chatmodels-provider-acme-cloud>=' in whole
    site = (checkout / "zensical.toml").read_text("utf-8")
    assert '{ "Acme Cloud" = "reference/providers/acme-cloud.md" }' in site
    assert '{ "providers.acme_cloud" = "reference/api/provider-acme-cloud.md" }' in site


@pytest.mark.parametrize(
    ("name", "problem"),
    [("Acme", "'Acme' is not a name"), ("openai-compatible", "exists already")],
)
def test_a_name_that_cannot_be_used_is_refused(name: str, problem: str, checkout: Path) -> None:
    (checkout / "packages" / "chatmodels-provider-openai-compatible").mkdir()

    done = new_provider(name, *ADDRESS, root=checkout)

    assert done.returncode != 0
    assert problem in done.stderr


def recorded(**body: Any) -> Recording:
    function = {"name": "tide", "parameters": {"type": "object"}, "strict": True}
    tools = [{"type": "function", "function": function}]
    request = {
        "method": "POST",
        "url": "https://api.acme.example/chat/completions",
        "body": {"model": "m", "messages": [], "tools": tools, **body},
    }
    made = {"provider": "acme", "api": "openai.chat", "request": request, "response": {"body": {}}}
    return msgspec.convert(made, Recording)


def test_a_strict_tool_that_a_vendor_does_not_enforce_is_not_written_again() -> None:
    assert neutral(Dialect(name="acme"), recorded()).tools[0].strict
    with pytest.raises(InexpressibleError, match="strict tools"):
        neutral(Dialect(name="acme", strict_tools=False), recorded())


def test_an_output_beside_tools_that_exclude_it_is_not_written_again() -> None:
    exchange = recorded(response_format={"type": "json_object"})

    assert neutral(Dialect(name="acme"), exchange).output is not None
    with pytest.raises(InexpressibleError, match="through a tool"):
        neutral(Dialect(name="acme", native_output_without=("tools",)), exchange)
