"""The providers whose API is described by a dialect, and which have a package of their own.

They share all of their code with `openai-compatible`, which represents them in tests of every
vendor. Their own packages have the contract suite.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from chatmodels.core import list_providers
from chatmodels.core.extending import provider
from chatmodels.openai_compatible import CompatibleProvider

ROOT = Path(__file__).parent.parent

FAMILY: Mapping[str, CompatibleProvider] = {
    name: found
    for name in list_providers()
    if isinstance(found := provider(name), CompatibleProvider) and name != "openai-compatible"
}
"""The installed providers, by name."""


def page_of(name: str) -> str:
    """Return the page of a provider."""
    path = ROOT / "docs" / "reference" / "providers" / f"{name}.md"
    return path.read_text("utf-8")


def title_of(name: str) -> str:
    """Return the vendor's own name, the heading of its page."""
    return page_of(name).partition("\n")[0].removeprefix("# ")


def apis_of(name: str) -> Sequence[tuple[str, dict[str, str]]]:
    """Return the APIs of a provider: titles, and the options by which each is chosen."""
    if all(option.name != "api" for option in FAMILY[name].metadata.options):
        return [("", {})]
    responses = ("Responses API", {"api": "responses"})
    return [responses, ("Chat completions", {"api": "chat_completions"})]
