r"""Writes the package of a provider whose API is OpenAI's chat completions, with its page.

    ./run new-provider acme --base-url https://api.acme.example/v1 \
        --documentation https://docs.acme.example/chat

The package passes its tests at once: it describes a vendor with all of OpenAI's usual fields. The
facts of the vendor then replace these, as "Writing a provider" in the documentation describes.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from string import Template

import workspace

REPOSITORY = "https://github.com/chatmodels/chatmodels"

PROVIDER = Template('''\
"""$title's dialect and metadata.

Sources: name the pages of the vendor's documentation here.
"""

from chatmodels.openai_compatible import Dialect, compatible_provider

DIALECT = Dialect(name="$name")
"""$title's chat completions."""

PROVIDER = compatible_provider(
    DIALECT,
    description="$title's models over its chat completions.",
    base_url="$base_url",
    api_key_env=["$variable"],
    documentation_url="$documentation",
)
"""The provider `$name`."""
''')

INIT = Template('''\
"""$title's models for chatmodels: `create_chat_model("$name:$model")`."""

from chatmodels.core.extending import publish, register_provider
from chatmodels.providers.$module._provider import DIALECT, PROVIDER

__all__ = ["DIALECT", "PROVIDER"]

publish(globals())

register_provider(PROVIDER)
''')

TESTS = Template('''\
"""The contract, and tests specific to $title."""

import pytest

from chatmodels.core import create_chat_model
from chatmodels.testing.contract import Check, ProviderContract, checks

CONTRACT = ProviderContract(provider="$name", model="any-model")


@pytest.mark.parametrize("check", checks(CONTRACT))
def test_${module}_keeps_the_contract(check: Check) -> None:
    check()


def test_requests_are_sent_to_the_vendor() -> None:
    model = create_chat_model("$name:$model", api_key="k")
    explained = model.explain("?", max_output_tokens=9)

    assert explained.url == "$base_url/chat/completions"
    assert explained.body["max_tokens"] == 9
''')

README = Template("""\
# chatmodels-provider-$name

$title's models for chatmodels.

```sh
pip install chatmodels-provider-$name
```

The key is read from `$variable`, or passed as `api_key=`:

```python
from chatmodels.core import create_chat_model

model = create_chat_model("$name:$model")
print(model.generate("Why is the sky blue?").text)
# => ...
```

| option | environment | |
| --- | --- | --- |
| `api_key` | `$variable` | required |
| `base_url` | | `$base_url` by default |

The [documentation]($repository/blob/main/docs/reference/providers/$name.md) lists
settings, capabilities and peculiarities, with their sources.

Imported as `chatmodels.providers.$module`. Part of [chatmodels]($repository); MIT licensed.
""")

PAGE = Template("""\
# $title

$title's models over its chat completions, in `chatmodels-provider-$name`:

```sh
pip install chatmodels-core chatmodels-provider-$name
```

```python
from chatmodels.core import create_chat_model

model = create_chat_model("$name:$model")
print(model.generate("Why is the sky blue?").text)
# => ...
```

## Credentials

The key is read from `$variable`, or passed as `api_key=`. `base_url=` is the address of a proxy.

## Capabilities

[Capabilities of models](../capabilities.md#$anchor) lists the settings and options of each
family of models.

## Peculiarities

None are known.

## Sources

- The vendor's documentation: name its pages.
""")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", type=name, help="the registered name, as in acme or acme-cloud")
    parser.add_argument("--title", help="the vendor's own name; by default, the capitalized name")
    parser.add_argument("--base-url", help="the address of the API", required=True)
    parser.add_argument("--documentation", help="the page of its reference", required=True)
    parser.add_argument("--model", default="any-model", help="a model, for examples")
    parser.add_argument("--variable", help="the environment variable of the key")
    parser.add_argument("--root", type=Path, default=workspace.ROOT, help=argparse.SUPPRESS)
    given = parser.parse_args()
    title = given.title or given.name.capitalize()
    words = {
        "repository": REPOSITORY,
        "name": given.name,
        "module": given.name.replace("-", "_"),
        "title": title,
        "anchor": re.sub(r"[^\w -]", "", title).lower().replace(" ", "-"),
        "base_url": given.base_url.rstrip("/"),
        "documentation": given.documentation,
        "model": given.model,
        "variable": given.variable or f"{given.name.replace('-', '_').upper()}_API_KEY",
    }
    write(given.root, words)
    print(f"wrote packages/chatmodels-provider-{given.name} and docs/reference/providers; now run")
    print("  ./run names && ./run reference && ./run capabilities && ./run fix")
    print(f"  ./run pytest packages/chatmodels-provider-{given.name}")
    print("and continue with step 1 of docs/how-to/provider-dialect.md")


def name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", text):
        message = f"{text!r} is not a name; write it as in acme or acme-cloud"
        raise argparse.ArgumentTypeError(message)
    return text


def write(root: Path, words: dict[str, str]) -> None:
    distribution = f"chatmodels-provider-{words['name']}"
    package = root / "packages" / distribution
    if package.exists():
        sys.exit(f"{package} exists already; remove it, or choose another name")
    source = package / "src" / "chatmodels" / "providers" / words["module"]
    page = root / "docs" / "reference" / "providers" / f"{words['name']}.md"
    api = root / "docs" / "reference" / "api" / f"provider-{words['name']}.md"
    texts = {
        package / "README.md": README.substitute(words),
        package / "LICENSE": (root / "LICENSE").read_text("utf-8"),
        package / "pyproject.toml": pyproject(root, words),
        package / "tests" / f"test_{words['module']}.py": TESTS.substitute(words),
        source / "__init__.py": INIT.substitute(words),
        source / "_provider.py": PROVIDER.substitute(words),
        source / "py.typed": "",
        page: PAGE.substitute(words),
        api: f"# `chatmodels.providers.{words['module']}`\n\n"
        f"::: chatmodels.providers.{words['module']}\n",
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
    add_extra(root / "pyproject.toml", words["name"])
    add_pages(root / "zensical.toml", words)


def pyproject(root: Path, words: dict[str, str]) -> str:
    """Write the metadata of another package with another name, so that all have the same shape."""
    model = root / "packages" / "chatmodels-openai-compatible" / "pyproject.toml"
    text = model.read_text("utf-8").replace("chatmodels-openai-compatible", "$$DISTRIBUTION")
    text = re.sub(
        r'^description = ".*"$',
        f'description = "{words["title"]}\'s models for chatmodels."',
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(
        r"^openai-compatible = .*$",
        f'{words["name"]} = "chatmodels.providers.{words["module"]} [contract-1]"',
        text,
        flags=re.MULTILINE,
    )
    pin = re.search(r'"chatmodels-http(>=.*)"', text)
    assert pin is not None
    needed = f'  "chatmodels-openai-compatible{pin[1]}",\n'
    text = re.sub(r'  "chatmodels-http.*\n  "msgspec.*\n', needed, text)
    return text.replace("$$DISTRIBUTION", f"chatmodels-provider-{words['name']}")


def add_extra(path: Path, name: str) -> None:
    """Add the extra of the package to the distribution of all packages, in alphabetical order."""
    text = path.read_text("utf-8")
    pin = re.search(r'"chatmodels-core(>=.*)"', text)
    assert pin is not None
    requirement = f'"chatmodels-provider-{name}{pin[1]}"'
    in_all = r'^  "chatmodels-(?:provider-)?([\w-]+)>=.*",$'
    text = insert(text, in_all, name, f"  {requirement},")
    extra = r'^([\w-]+) = \["chatmodels-(?:provider-)?\1>=.*"\]$'
    text = insert(text, extra, name, f"{name} = [{requirement}]")
    path.write_text(text, "utf-8", newline="\n")


def add_pages(path: Path, words: dict[str, str]) -> None:
    """Add the pages of the package to the navigation of the site, in alphabetical order."""
    text = path.read_text("utf-8")
    name, module, title = words["name"], words["module"], words["title"]
    text = insert(
        text,
        r'^      \{ "providers\.(\w+)" = .*$',
        module,
        f'      {{ "providers.{module}" = "reference/api/provider-{name}.md" }},',
    )
    text = insert(
        text,
        r'^      \{ "([^"]+)" = "reference/providers/.*$',
        title,
        f'      {{ "{title}" = "reference/providers/{name}.md" }},',
    )
    path.write_text(text, "utf-8", newline="\n")


def insert(text: str, pattern: str, key: str, line: str) -> str:
    """Insert a line before the first of the lines with a pattern whose key is greater."""
    lines = text.splitlines()
    places = [
        (place, found[1]) for place, each in enumerate(lines) if (found := re.match(pattern, each))
    ]
    later = [place for place, found in places if found.lower() > key.lower()]
    lines.insert(later[0] if later else places[-1][0] + 1, line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
