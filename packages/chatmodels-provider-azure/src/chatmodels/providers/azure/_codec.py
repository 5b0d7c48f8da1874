"""The codecs of a resource's endpoints: chat completions and the Responses API."""

from functools import partial

from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http import Codec, Encode, HttpRequest, Listing
from chatmodels.openai_compatible import chat_completions_codec
from chatmodels.providers.azure._address import Address
from chatmodels.providers.azure._dialect import (
    DOMAINS,
    FILE_TYPES,
    IMAGE_TYPES,
    VALUES,
    dialect_at,
    server_at,
)
from chatmodels.providers.azure._listing import read_models


def azure_codec(address: Address, deployment: str = "", *, token: bool = False) -> Codec:
    """Make the codec of chat completions at one endpoint.

    Args:
        address: The endpoint.
        deployment: The name of the deployment; empty if the model is named so.
        token: Whether the secret is a token instead of an API key.
    """
    codec = chat_completions_codec(dialect_at(address, token=token))
    return _deployed(codec, partial(_encode, codec.encode, address, deployment))


def azure_responses_codec(address: Address, deployment: str = "", *, token: bool = False) -> Codec:
    """Make the codec of the Responses API at a v1 endpoint ("Azure OpenAI Responses API").

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
    codec = responses_codec(replace(dialect, **server_at(address, token=token)))
    return _deployed(codec, partial(_encode_response, codec.encode, deployment))


def _deployed(codec: Codec, encode: Encode) -> Codec:
    listing = codec.models  # of models that can be deployed, not of deployments
    models = None if listing is None else Listing(listing.request, read_models)
    return replace(codec, encode=encode, models=models)


def _encode(
    inner: Encode,
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
    return replace(inner(name, request, stream=stream), path=path)


def _encode_response(
    inner: Encode, deployment: str, model: str, request: ChatRequest, /, *, stream: bool
) -> HttpRequest:
    return inner(deployment or model, request, stream=stream)
