"""The OpenAI provider, which selects one of two APIs for each model.

Models that reason use the Responses API, as "Migrate to the Responses API" recommends: only this
API keeps reasoning between turns, and newer models accept tools only here (model pages, such as
"GPT-6.1 Terra"). Other models use chat completions, which has more settings (`seed`, `stop`,
penalties, `prediction`) and audio ("GPT-Audio"), and which gateways and other servers support.
"""

import re
from functools import lru_cache, partial

from msgspec.structs import replace

from chatmodels.core import ConfigurationError
from chatmodels.core.extending import ProviderOptions
from chatmodels.http import Codec, HttpChatModel, HttpProvider
from chatmodels.openai_compatible import (
    TOOLS_REMEDY,
    chat_completions_codec,
    headers_from_options,
)
from chatmodels.providers.openai._dialect import (
    COMPATIBLE_DIALECT,
    DIALECT,
    FAMILIES,
    GATEWAY_DIALECT,
    batches,
    for_model,
)
from chatmodels.providers.openai._metadata import METADATA

_APIS = ("chat_completions", "responses")
_HEADERS = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}

_REASONING = re.compile(
    r"(ft:)?(o\d|gpt-([5-9]|1\d|rosalind-|daybreak-)|codex-|computer-use-)"
    r"(?!.*-(chat|search|audio))"
)
_OFFICIAL = re.compile(r"https://([a-z]+\.)?api\.openai\.com(/|$)")


def codec(options: ProviderOptions, model: str = "") -> Codec:
    """Return the codec for the options and the name of a model.

    Raises:
        ConfigurationError: The API does not exist, or a value cannot be sent in a header; the
            message lists every problem.
    """
    problems: list[str] = []
    official = is_official(options.base_url)
    api = _api(options, model)
    if api not in _APIS:
        choices = " or ".join(map(repr, _APIS))
        problems.append(f"openai has no api {api!r}; pass {choices}, or omit it")
    headers = headers_from_options("openai", options, _HEADERS, problems)
    if problems:
        raise ConfigurationError("; ".join(problems))
    if api == "responses":
        from chatmodels.providers.openai._responses import codec as responses_codec

        return responses_codec(model, headers, official=official)
    return _chat_codec(model, official, headers)


def _api(options: ProviderOptions, model: str) -> object:
    return options.extra.get("api") or default_api(model, options.base_url)


def default_api(model: str, base_url: str | None) -> str:
    """Return the API of a model if the option `api` is not set.

    Args:
        model: The model's name, which identifies models that reason.
        base_url: The base URL; None for OpenAI's.
    """
    official = is_official(base_url)
    return "responses" if official and _REASONING.match(model) else "chat_completions"


def is_official(base_url: str | None) -> bool:
    """Check whether a base URL is OpenAI's."""
    return base_url is None or _OFFICIAL.match(base_url) is not None


@lru_cache(maxsize=256)
def _chat_codec(model: str, official: bool, headers: tuple[tuple[str, str], ...]) -> Codec:
    if official:
        dialect = for_model(DIALECT, model)
    else:
        dialect = GATEWAY_DIALECT if _REASONING.match(model) else COMPATIBLE_DIALECT
    chat = chat_completions_codec(dialect, headers)
    return replace(
        chat,
        batches=partial(batches, chat.failure, headers),
        families=FAMILIES,
        remedies=TOOLS_REMEDY,
    )


class OpenAIProvider(HttpProvider):
    """The OpenAI provider, which selects an API for each model."""

    def create_chat_model(self, model: str, options: ProviderOptions, /) -> HttpChatModel:
        """Create a model; no request is sent.

        Raises:
            ConfigurationError: The API does not exist, or an option is not supported.
            UnsupportedError: Settings in the options are not supported.
        """
        model_codec = codec(options, model)
        only_chat = frozenset[str]()
        if _api(options, model) == "responses":
            chat_settings = for_model(DIALECT, model).settings.keys()
            only_chat = chat_settings - (model_codec.profile(model).settings or {}).keys()
        return HttpChatModel(
            self.metadata,
            model,
            model_codec,
            options,
            remedies=dict.fromkeys(only_chat, 'api="chat_completions"'),
            given=options,
        )


PROVIDER = OpenAIProvider(METADATA, codec)
"""The provider `openai`: OpenAI's Responses API and chat completions."""
