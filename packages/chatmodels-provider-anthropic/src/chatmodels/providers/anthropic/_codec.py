"""The codec of the Messages API."""

from functools import partial

from chatmodels.core import ChatRequest
from chatmodels.http import (
    Codec,
    ConversationRules,
    HttpRequest,
    IdForm,
    Listing,
    PageToken,
    bearer,
)
from chatmodels.providers.anthropic._batches import MessageBatches
from chatmodels.providers.anthropic._blocks import PROVIDER_NAME
from chatmodels.providers.anthropic._counting import COUNTING
from chatmodels.providers.anthropic._decode import MessagesDecoder
from chatmodels.providers.anthropic._encode import encode_request
from chatmodels.providers.anthropic._errors import read_failure
from chatmodels.providers.anthropic._listing import read_models
from chatmodels.providers.anthropic._profile import FAMILIES, profile
from chatmodels.providers.anthropic._schemas import schemas_of

VERSION = "2023-06-01"
"""The last version of the API that accepts a temperature ("Versions").

The header `anthropic-version` in the options takes precedence.
"""

_HEADERS = (("anthropic-version", VERSION),)
_PAGE = PageToken("last_id", "after_id", more="has_more")
_CONVERSATION = ConversationRules(
    ids=IdForm("[a-zA-Z0-9_-]+"),
    blank_texts=False,
    paired_calls=("api.anthropic.com",),
    results_at_once=True,
)


def messages_codec(prefix: str = "/v1", *, token: bool = False, official: bool = True) -> Codec:
    """Create the codec of an endpoint.

    Args:
        prefix: The prefix of all paths.
        token: Whether the secret is a token instead of an API key.
        official: Whether the endpoint is Anthropic's own. Other vendors do not sign thinking and
            expect it in later requests. Anthropic refuses thinking that was cut off before its
            signature.
    """
    return Codec(
        profile=profile,
        families=FAMILIES,
        conversation=_CONVERSATION,
        encode=partial(_encode, prefix),
        decoder=partial(MessagesDecoder, unsigned=not official),
        failure=read_failure,
        authorization=bearer if token else _api_key,
        schemas=schemas_of,
        models=Listing(_listing(prefix, 1_000), read_models, _PAGE),  # the maximum page size
        counting=COUNTING,
        batches=MessageBatches(
            provider=PROVIDER_NAME,
            failure=read_failure,
            path=f"{prefix}/messages/batches",
            headers=_HEADERS,
        ),
        health=_listing(prefix, 1),
    )


def _encode(prefix: str, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    body = encode_request(model, request, stream=stream)
    return HttpRequest(path=f"{prefix}/messages", body=body, headers=_HEADERS)


def _api_key(secret: str) -> tuple[tuple[str, str], ...]:
    return (("x-api-key", secret),)


def _listing(prefix: str, count: int) -> HttpRequest:
    return HttpRequest(method="GET", path=f"{prefix}/models?limit={count}", headers=_HEADERS)
