"""The codec of the Converse and ConverseStream operations of Bedrock Runtime."""

from chatmodels.core import ChatRequest
from chatmodels.http import (
    BatchFormat,
    Codec,
    ConversationRules,
    EventStreamFramer,
    HttpRequest,
    IdForm,
    Listing,
    everywhere,
)
from chatmodels.http.wire import path_name
from chatmodels.providers.bedrock._blocks import PROVIDER_NAME
from chatmodels.providers.bedrock._counting import COUNTING
from chatmodels.providers.bedrock._decode import ConverseDecoder
from chatmodels.providers.bedrock._encode import encode_request
from chatmodels.providers.bedrock._errors import read_failure
from chatmodels.providers.bedrock._listing import read_models
from chatmodels.providers.bedrock._profile import FAMILIES, profile
from chatmodels.providers.bedrock._schemas import schemas_of

_CONVERSATION = ConversationRules(
    ids=IdForm("[a-zA-Z0-9_.:-]{1,64}"),
    blank_texts=False,
    paired_calls=("amazonaws.com", "amazonaws.com.cn", "api.aws"),
    results_at_once=True,
    state_scope=everywhere,  # signatures of Claude are valid in all regions ("Extended thinking")
)
_STREAM = (("accept", "application/vnd.amazon.eventstream"),)


def converse_codec(
    control_url: str = "", batches: BatchFormat | None = None, without_batches: str | None = None
) -> Codec:
    """Create the codec. A secret is an API key ("Use an Amazon Bedrock API key").

    Args:
        control_url: The URL of the API that lists models ("ListFoundationModels"), if it differs
            from that of the models.
        batches: The batch API.
        without_batches: The remedy, if the options are the reason why there is none.
    """
    listing = f"{control_url}/foundation-models?byOutputModality=TEXT"
    return Codec(
        profile=profile,
        families=FAMILIES,
        conversation=_CONVERSATION,
        encode=_encode,
        decoder=ConverseDecoder,
        failure=read_failure,
        schemas=schemas_of,
        framer=EventStreamFramer,
        models=Listing(HttpRequest(method="GET", path=listing), read_models),
        counting=COUNTING,
        batches=batches,
        without_batches=without_batches,
        # the cheapest request to the host of the models ("ListAsyncInvokes")
        health=HttpRequest(method="GET", path="/async-invoke?maxResults=1"),
    )


def _encode(model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
    body = encode_request(model, request)
    name = path_name(model, PROVIDER_NAME, "model")  # the slashes of an ARN must be encoded
    path = f"/model/{name}/converse"
    if stream:
        return HttpRequest(path=f"{path}-stream", body=body, headers=_STREAM)
    return HttpRequest(path=path, body=body)
