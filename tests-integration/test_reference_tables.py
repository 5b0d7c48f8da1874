"""The reference agrees with the product."""

import re
from pathlib import Path

import pytest

import reference_tables
from chatmodels.core import ChatModelError, ErrorCode, ProviderImportError, is_retryable
from reference_tables import PAGES, REFERENCE

ROOT = Path(__file__).parent.parent
VARIABLE = re.compile(r'"((?:CHATMODELS|OTEL|SSL_CERT|AWS)_[A-Z_]+|[A-Z]+_PROXY)"')
CODE_ROW = re.compile(r"^\| `(\w+)` \| `(\w+)`.*? \| (yes|no)\b.*? \| .+ \| .+ \|$", re.MULTILINE)


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    current = (REFERENCE / name).read_text("utf-8")

    assert current == reference_tables.page(name), "write it anew: ./run reference"


def test_the_schema_of_the_config_file_is_current() -> None:
    current = reference_tables.SCHEMA.read_text("utf-8")

    assert current == reference_tables.schema(), "write it anew: ./run reference"


def test_all_environment_variables_are_documented() -> None:
    text = (REFERENCE / "options.md").read_text("utf-8")
    sources = ROOT.glob("packages/*/src/**/*.py")
    found = {name for path in sources for name in VARIABLE.findall(path.read_text("utf-8"))}

    assert {"CHATMODELS_CONFIG", "SSL_CERT_FILE", "AWS_PROFILE"} <= found
    assert sorted(name for name in found if f"`{name}`" not in text) == []


def test_the_table_of_errors_has_all_codes_and_classes() -> None:
    rows = CODE_ROW.findall((REFERENCE / "errors.md").read_text("utf-8"))
    classes = subclasses(ChatModelError)

    assert sorted(rows) == sorted(
        (each.default_code, each.__name__, "yes" if is_retryable(each("?")) else "no")
        for each in classes
    )
    assert {code for code, _, _ in rows} == {*ErrorCode} - {ErrorCode.CANCELLED}
    assert ProviderImportError in classes


def subclasses(error: type[ChatModelError]) -> set[type[ChatModelError]]:
    direct = {each for each in error.__subclasses__() if each.__module__ == "chatmodels.core"}
    return direct.union(*map(subclasses, direct))


def test_each_public_name_is_in_the_api_reference() -> None:
    names = (ROOT / "tests-integration" / "public-names.txt").read_text("utf-8").split()
    pages = (path.read_text("utf-8") for path in REFERENCE.glob("api/*.md"))
    documented = [
        module for text in pages for module in re.findall(r"^::: (.+)$", text, re.MULTILINE)
    ]

    assert sorted(documented) == sorted({name.rpartition(".")[0] for name in names})
