"""HTTP for the providers of chatmodels: models, codecs, framers and engines, sync and async."""

from typing import TYPE_CHECKING

from chatmodels.core.extending import import_lazily, publish
from chatmodels.http._codec.call_ids import ANY_ID, IdForm
from chatmodels.http._codec.codec import Codec, Encode, bearer
from chatmodels.http._codec.conversation import ConversationRules, endpoint_of, everywhere
from chatmodels.http._codec.counting import Counting, CountPlan
from chatmodels.http._codec.listing import Listing, PageToken
from chatmodels.http._codec.schema_support import SchemaSupport, TranslatedRequest
from chatmodels.http._errors.body import ErrorBody, excerpt, read_error, read_error_body
from chatmodels.http._errors.failures import standard_failure
from chatmodels.http._errors.headers import rate_limits, request_id, retry_after
from chatmodels.http._errors.rules import FailureRules
from chatmodels.http._exchange import HttpFailure, HttpRequest
from chatmodels.http._framing.frames import Frame, Framer, StreamDecoder
from chatmodels.http._framing.sse import SseFramer
from chatmodels.http._model import HttpChatModel
from chatmodels.http._plaintext import InsecureTransportWarning
from chatmodels.http._provider import CodecFactory, HttpProvider, OptionsRule
from chatmodels.http._transport.engine import (
    AsyncEngine,
    AsyncHttpResponse,
    Deadlines,
    Engine,
    HttpResponse,
    RequestHead,
    TransferError,
)
from chatmodels.http._transport.interception import Interceptor, intercept

if TYPE_CHECKING:
    from chatmodels.http._codec.batch_endpoint import BatchEndpoint, BatchPage, BatchTime, row_bytes
    from chatmodels.http._codec.batches import (
        BatchFormat,
        BatchSteps,
        FirstLine,
        ResponseHeader,
        WholeBody,
    )
    from chatmodels.http._framing.event_stream import EventStreamFramer
    from chatmodels.http._framing.ndjson import NdjsonFramer
    from chatmodels.http._readiness import await_until_ready, wait_until_ready
    from chatmodels.http._signing import (
        AsyncSignerSource,
        ExchangingSource,
        Signer,
        SignerFactory,
        SignerSource,
        TimedSignerSource,
    )
    from chatmodels.http._token_exchange import (
        BearerToken,
        IssuedToken,
        TokenExchange,
        read_oauth_token,
    )

__all__ = [
    "ANY_ID",
    "AsyncEngine",
    "AsyncHttpResponse",
    "AsyncSignerSource",
    "BatchEndpoint",
    "BatchFormat",
    "BatchPage",
    "BatchSteps",
    "BatchTime",
    "BearerToken",
    "Codec",
    "CodecFactory",
    "ConversationRules",
    "CountPlan",
    "Counting",
    "Deadlines",
    "Encode",
    "Engine",
    "ErrorBody",
    "EventStreamFramer",
    "ExchangingSource",
    "FailureRules",
    "FirstLine",
    "Frame",
    "Framer",
    "HttpChatModel",
    "HttpFailure",
    "HttpProvider",
    "HttpRequest",
    "HttpResponse",
    "IdForm",
    "InsecureTransportWarning",
    "Interceptor",
    "IssuedToken",
    "Listing",
    "NdjsonFramer",
    "OptionsRule",
    "PageToken",
    "RequestHead",
    "ResponseHeader",
    "SchemaSupport",
    "Signer",
    "SignerFactory",
    "SignerSource",
    "SseFramer",
    "StreamDecoder",
    "TimedSignerSource",
    "TokenExchange",
    "TransferError",
    "TranslatedRequest",
    "WholeBody",
    "await_until_ready",
    "bearer",
    "endpoint_of",
    "everywhere",
    "excerpt",
    "intercept",
    "rate_limits",
    "read_error",
    "read_error_body",
    "read_oauth_token",
    "request_id",
    "retry_after",
    "row_bytes",
    "standard_failure",
    "wait_until_ready",
]

_LAZY = {
    "AsyncSignerSource": "_signing",
    "BatchEndpoint": "_codec.batch_endpoint",
    "BatchFormat": "_codec.batches",
    "BatchPage": "_codec.batch_endpoint",
    "BatchSteps": "_codec.batches",
    "BatchTime": "_codec.batch_endpoint",
    "BearerToken": "_token_exchange",
    "EventStreamFramer": "_framing.event_stream",
    "ExchangingSource": "_signing",
    "FirstLine": "_codec.batches",
    "IssuedToken": "_token_exchange",
    "NdjsonFramer": "_framing.ndjson",
    "ResponseHeader": "_codec.batches",
    "Signer": "_signing",
    "SignerFactory": "_signing",
    "SignerSource": "_signing",
    "TimedSignerSource": "_signing",
    "TokenExchange": "_token_exchange",
    "WholeBody": "_codec.batches",
    "await_until_ready": "_readiness",
    "read_oauth_token": "_token_exchange",
    "row_bytes": "_codec.batch_endpoint",
    "wait_until_ready": "_readiness",
}
"""Names that are imported on first use, because most calls do not need them."""

publish(globals(), lazy=_LAZY)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            return import_lazily(globals(), _LAZY, name)
        from chatmodels.http._former import former_name

        return former_name(__name__, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
