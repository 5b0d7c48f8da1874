"""The codecs of a resource's endpoints: chat completions and the Responses API."""

from functools import partial

from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http import Codec, Encode, HttpRequest, Listing
from chatmodels.openai_compatible import (
    TOOL_FAMILIES,
    TOOLS_REMEDY,
    Dialect,
    chat_completions_codec,
    tool_rules,
)
from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._batches import WITHOUT_BATCHES, azure_batches
from chatmodels.providers.azure._dialect import (
    DOMAINS,
    FILE_TYPES,
    IMAGE_TYPES,
    VALUES,
    dialect_at,
    endpoint_fields,
)
from chatmodels.providers.azure._listing import read_models


def azure_codec(address: Address, deployment: str = "", *, token: bool = False) -> Codec:
    """Create the codec of chat completions at one endpoint.

    Args:
        address: The endpoint.
        deployment: The name of the deployment; empty if it is the model name.
        token: Whether the secret is a token instead of an API key.
    """
    dialect = dialect_at(address, token=token)
    codec = chat_completions_codec(dialect, dialect_for=partial(_for_model, dialect))
    batches = azure_batches(address, codec.failure, "/v1/chat/completions")
    codec = replace(
        codec,
        batches=batches,
        without_batches=WITHOUT_BATCHES,
        families=TOOL_FAMILIES,
        remedies=TOOLS_REMEDY,
    )
    return _replace_encoder(codec, partial(_encode, codec.encode, address, deployment))


def azure_responses_codec(address: Address, deployment: str = "", *, token: bool = False) -> Codec:
    """Create the codec of the Responses API at a v1 endpoint ("Azure OpenAI Responses API").

    The arguments are those of `azure_codec`.
    """
    from chatmodels.openai_compatible.responses import ResponsesDialect, responses_codec

    dialect = ResponsesDialect(
        name="azure",
        path=address.responses,
        values=VALUES,
        image_types=IMAGE_TYPES,
        file_types=FILE_TYPES,
        paired_calls=DOMAINS,
    )
    codec = responses_codec(replace(dialect, **endpoint_fields(address, token=token)))
    codec = replace(codec, batches=azure_batches(address, codec.failure, "/v1/responses"))
    return _replace_encoder(codec, partial(_encode_responses, codec.encode, deployment))


def _for_model(dialect: Dialect, model: str) -> Dialect:
    """Return the dialect of a deployment with the name of its model, as OpenAI has it.

    API versions without efforts are older than these models.
    """
    if "reasoning_effort" not in dialect.settings:
        return dialect
    return replace(dialect, **tool_rules(model))


def _replace_encoder(codec: Codec, encode: Encode) -> Codec:
    listing = codec.models  # models that can be deployed, not deployments
    models = None if listing is None else Listing(listing.request, read_models)
    return replace(codec, encode=encode, models=models)


def _encode(
    encode: Encode,
    address: Address,
    deployment: str,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    name = deployment or model
    path = address.chat(name)
    return replace(encode(name, request, stream=stream), path=path)


def _encode_responses(
    encode: Encode, deployment: str, model: str, request: ChatRequest, /, *, stream: bool
) -> HttpRequest:
    return encode(deployment or model, request, stream=stream)
