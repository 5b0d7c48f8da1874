"""The codec of the Chat API, version 2."""

from chatmodels.core import ChatRequest
from chatmodels.http import Codec, ConversationRules, HttpRequest, Listing, PageToken, everywhere
from chatmodels.providers.cohere._counting import COUNTING
from chatmodels.providers.cohere._decode import ChatV2Decoder
from chatmodels.providers.cohere._encode import encode_request
from chatmodels.providers.cohere._errors import read_failure
from chatmodels.providers.cohere._listing import read_models
from chatmodels.providers.cohere._profile import FAMILIES, profile
from chatmodels.providers.cohere._schemas import schemas_of


def _encode(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    return HttpRequest(path="/v2/chat", body=encode_request(model, request, stream=stream))


def _decoder(request: ChatRequest) -> ChatV2Decoder:
    return ChatV2Decoder()


CODEC = Codec(
    profile=profile,
    families=FAMILIES,
    conversation=ConversationRules(
        paired_calls=("api.cohere.com", "api.cohere.ai"),
        state_scope=everywhere,  # the state is readable text
    ),
    encode=_encode,
    decoder=_decoder,
    failure=read_failure,
    schemas=schemas_of,
    models=Listing(  # the maximum page size
        HttpRequest(method="GET", path="/v1/models?endpoint=chat&page_size=1000"),
        read_models,
        PageToken("next_page_token", "page_token"),
    ),
    counting=COUNTING,
    health=HttpRequest(method="GET", path="/v1/models?page_size=1"),
)
