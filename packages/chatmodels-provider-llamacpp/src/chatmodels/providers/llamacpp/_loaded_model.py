"""The model that a server has loaded, as its endpoints `/props` and `/v1/models` describe it.

`/props` is in "LLaMA.cpp HTTP Server", the README of the server. Its `chat_template_caps` are not
documented; they are the fields of `common_chat_template_caps` in llama.cpp's source.
"""

from typing import Any

import msgspec

from chatmodels.core import ModelInfo, ResponseInvalidError, registry
from chatmodels.core.extending import Capability
from chatmodels.http import HttpRequest, excerpt
from chatmodels.http.wire import Json, integer_or_none, is_object, objects, text_or_none
from chatmodels.providers.llamacpp._provider import PROVIDER

_NAME = "llamacpp"
_OP = "loaded_model"
_PROPS = HttpRequest(method="GET", path="/props")
_MODELS = HttpRequest(method="GET", path="/models")


class LoadedModel(ModelInfo, frozen=True, kw_only=True):
    """The model that a llama.cpp server has loaded.

    `name` is the alias of the model, `context_window` that of one slot, and `capabilities` are
    those that both the provider and the model have. `raw` is the response of `/props`.

    Attributes:
        slots: The number of requests that are processed at once.
        trained_context_window: The context window, in tokens, for which the model was trained.
        parameters: The number of parameters.
        build: The version of llama.cpp, such as "b11434-0a1b2c3".
    """

    slots: int | None = None
    trained_context_window: int | None = None
    parameters: int | None = None
    build: str | None = None


def loaded_model(**options: object) -> LoadedModel:
    """Request the properties of the model that the server has loaded.

    Two requests are sent. The chat template of the model decides whether it can call tools: without
    a template that knows them, the server silently leaves out the tools of a request.

    Args:
        options: Options of `create_chat_model`, such as `base_url` and `api_key`.

    Raises:
        ProviderUnavailableError: The server is still loading the model; see `wait_until_ready`.
        ChatModelError: A request failed.
    """
    resolved = registry.provider_options(_NAME, **options)
    props = PROVIDER.fetch(resolved, _PROPS, _object, op=_OP, at_root=True)
    return _described(props, PROVIDER.fetch(resolved, _MODELS, _object, op=_OP))


async def aloaded_model(**options: object) -> LoadedModel:
    """Async version of `loaded_model`."""
    resolved = registry.provider_options(_NAME, **options)
    props = await PROVIDER.afetch(resolved, _PROPS, _object, op=_OP, at_root=True)
    return _described(props, await PROVIDER.afetch(resolved, _MODELS, _object, op=_OP))


def _object(body: bytes) -> dict[str, Json]:
    parsed = msgspec.json.decode(body)  # `fetch` requires JSON
    if not is_object(parsed):
        raise ResponseInvalidError(
            f"{_NAME} sent data that is not an object with properties: {excerpt(body)}"
        )
    return parsed


def _described(props: dict[str, Json], listing: dict[str, Json]) -> LoadedModel:
    alias = text_or_none(props.get("model_alias"))
    records = objects(listing.get("data"))
    first: dict[str, Json] = records[0] if records else {}
    record = next((each for each in records if each.get("id") == alias), first)
    meta = _fields(record, "meta")
    settings = _fields(props, "default_generation_settings")
    media = _fields(props, "modalities")
    return LoadedModel(
        name=alias or text_or_none(record.get("id")) or "",
        provider=_NAME,
        context_window=integer_or_none(settings.get("n_ctx")) or integer_or_none(meta.get("n_ctx")),
        input_modalities=("text", *(["image"] if media.get("vision") else []))
        + (("audio",) if media.get("audio") else ()),
        output_modalities=("text",),
        capabilities=_capabilities(_fields(props, "chat_template_caps"), media),
        raw=props,
        slots=integer_or_none(props.get("total_slots")),
        trained_context_window=integer_or_none(meta.get("n_ctx_train")),
        parameters=integer_or_none(meta.get("n_params")),
        build=text_or_none(props.get("build_info")),
    )


def _capabilities(template: dict[str, Json], media: dict[str, Json]) -> frozenset[Capability]:
    """Return the capabilities of the provider without those that the model does not have."""
    tools = bool(template.get("supports_tools"))
    has: dict[Capability, Any] = {
        Capability.TOOLS: tools,
        Capability.STRICT_TOOLS: tools,
        Capability.PARALLEL_TOOLS: tools and template.get("supports_parallel_tool_calls"),
        Capability.REASONING: template.get("supports_reasoning_effort")
        or template.get("supports_preserve_reasoning"),
        Capability.VISION: media.get("vision"),
        Capability.AUDIO_INPUT: media.get("audio"),
    }
    return frozenset(each for each in PROVIDER.metadata.capabilities if has.get(each, True))


def _fields(body: dict[str, Json], name: str) -> dict[str, Json]:
    found = body.get(name)
    return found if is_object(found) else {}
