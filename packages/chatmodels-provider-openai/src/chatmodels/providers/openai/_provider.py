"""Makes OpenAI's models, and chooses which of its two APIs each of them is asked through.

"Migrate to the Responses API" recommends that API. It is needed where a model reasons: reasoning
is kept from turn to turn there alone, and newer models take tools nowhere else (their pages, as
"GPT-6.1 Terra"). Chat completions serve all others: they take more settings (`seed`, `stop`,
penalties, `prediction`), they alone have sound ("GPT-Audio"), and they are what gateways and
other servers speak.
"""

import re
from functools import lru_cache

from msgspec.structs import replace

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpChatModel, HttpProvider
from chatmodels.openai_compatible import chat_completions_codec
from chatmodels.providers.openai._dialect import DIALECT, ELSEWHERE, FAMILIES, for_model
from chatmodels.providers.openai._metadata import METADATA

_APIS = ("chat_completions", "responses")
_HEADERS = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}

_REASONING = re.compile(
    r"(ft:)?(o\d|gpt-([5-9]|1\d|rosalind-|daybreak-)|codex-|computer-use-)"
    r"(?!.*-(chat|search|audio))"
)
_OFFICIAL = re.compile(r"https://([a-z]+\.)?api\.openai\.com(/|$)")


def codec(options: ProviderOptions, model: str = "") -> Codec:
    """Choose the wire format by the options of a model, and by its name.

    Raises:
        ConfigurationError: There is no such API, or a value cannot be sent in a header; the
            message lists everything.
    """
    problems: list[str] = []
    official = is_official(options.base_url)
    api = options.extra.get("api") or default_api(model, options.base_url)
    if api not in _APIS:
        known = " or ".join(map(repr, _APIS))
        problems.append(f"openai has no api {api!r}; use {known}, or leave it out")
    headers = _headers(options, problems)
    if problems:
        raise ConfigurationError("; ".join(problems))
    if api == "responses":
        from chatmodels.providers.openai._responses import codec as responses_codec

        return responses_codec(model, headers, official=official)
    return _chat_codec(model, official, headers)


def default_api(model: str, base_url: str | None) -> str:
    """Tell which API a model is asked through if nothing else is said.

    Args:
        model: Its name; models that reason are known by it.
        base_url: Where it is asked; None for OpenAI itself.
    """
    official = is_official(base_url)
    return "responses" if official and _REASONING.match(model) else "chat_completions"


def is_official(base_url: str | None) -> bool:
    """Return whether an address is one of OpenAI's own."""
    return base_url is None or _OFFICIAL.match(base_url) is not None


@lru_cache(maxsize=256)
def _chat_codec(model: str, official: bool, headers: tuple[tuple[str, str], ...]) -> Codec:
    if not official:
        return chat_completions_codec(ELSEWHERE, headers)
    return replace(chat_completions_codec(for_model(DIALECT, model), headers), families=FAMILIES)


def _headers(options: ProviderOptions, problems: list[str]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, header in _HEADERS.items():
        value = str(options.extra.get(name, ""))
        if not value.isascii() or not value.isprintable():
            problems.append(f"openai: {name} must be printable ASCII text, not {value!r}")
        elif value:
            headers.append((header, value))
    return tuple(headers)


class OpenAIProvider(HttpProvider):
    """OpenAI: its models are asked through one API or the other."""

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Make a model; no request is sent.

        Raises:
            ConfigurationError: There is no such API, or an option cannot be honoured.
            UnsupportedError: Settings in the options cannot be honoured.
        """
        chosen = codec(options, model)
        supported = for_model(DIALECT, model).settings.keys()
        elsewhere = supported - (chosen.profile(model).settings or {}).keys()
        return HttpChatModel(
            self.metadata,
            model,
            chosen,
            options,
            remedies=dict.fromkeys(elsewhere, 'api="chat_completions"'),
            given=options,
        )


PROVIDER = OpenAIProvider(METADATA, codec)
"""The provider `openai`: OpenAI's Responses API and chat completions."""
