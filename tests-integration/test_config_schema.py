"""The JSON Schema of the config file accepts what the documentation shows, and refuses typos."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from chatmodels.core import registry

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "how-to" / "configuration-file.md").read_text("utf-8")
REFERENCE = (DOCS / "reference" / "configuration.md").read_text("utf-8")
FILES = [
    *re.findall(r'write_text\("""\n(.*?)"""\)', GUIDE, re.DOTALL),
    *re.findall(r"```toml\n(?!\[project)(.*?)```", GUIDE + REFERENCE, re.DOTALL),
]
WRONG = "tempratur"


@pytest.fixture(scope="module")
def validator() -> Draft7Validator:
    """A validator of the schema, which is valid itself."""
    schema: Any = registry.config_schema()
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def problems(validator: Draft7Validator, text: str) -> list[str]:
    content = json.loads(json.dumps(tomllib.loads(text), default=str))
    return [error.json_path for error in validator.iter_errors(content)]


@pytest.mark.parametrize("text", [text for text in FILES if WRONG not in text])
def test_the_files_of_the_documentation_are_valid(validator: Draft7Validator, text: str) -> None:
    assert problems(validator, text) == []


def test_the_documentation_has_a_file_with_problems(validator: Draft7Validator) -> None:
    (text,) = [text for text in FILES if WRONG in text]

    assert problems(validator, text) == ["$.models.production"]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("[modles.large]", "$"),
        ('[models.large]\nmodel = "openai:gpt-4.1"\ntemperature = "hot"', "$.models.large"),
        ("[models.large]\ntemperature = 1", "$.models.large"),
        ("[providers.openai]\nmax_retries = 11", "$.providers.openai.max_retries"),
        ("[providers.openai]\nmax_retry = 1", "$.providers.openai"),
        ('[policies.limit]\ntype = "rate_limit"\nrequest = 5', "$.policies.limit"),
        ('[policies.limit]\ntype = "rate_limits"', "$.policies.limit"),
        ('[policies.late]\ntype = "deadline"', "$.policies.late"),
        ("[aliases]\ndefault = 5", "$.aliases.default"),
    ],
)
def test_typos_are_found(validator: Draft7Validator, text: str, path: str) -> None:
    assert problems(validator, text) == [path]


@pytest.mark.parametrize(
    "text",
    [
        '[models.large]\nmodel = "openai:gpt-4.1"\nprices = { input = 2, output = 8 }',
        '[providers.openai]\nprices."gpt-*" = { input = 2, output = 8, date = 2026-10-01 }',
        '[providers.openai]\napi_key_env = "KEY"\ntimeout = { total = 5 }\nheaders = { a = "b" }',
        '[providers.mine]\nlike = "bedrock"\nregion = "eu-central-1"',
        '[policies.again]\ntype = "retry"\nbudget = { retries = 5 }',
        '[policies.limit]\ntype = "rate_limit"\nrequests = 5\nkey = "a"\nshared = "redis_limits"',
        '[policies.cache]\ntype = "cache"\nstore = { type = "sqlite_store", path_env = "CACHE" }',
        '[policies.hedge]\ntype = "hedge"\ndelay = 2\nmodels = ["small"]',
    ],
)
def test_what_a_file_can_declare_is_valid(validator: Draft7Validator, text: str) -> None:
    assert problems(validator, text) == []
