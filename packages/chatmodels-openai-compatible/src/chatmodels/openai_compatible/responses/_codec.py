"""The codec of the Responses API: the pure functions of this package, bound to one dialect."""

from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse
from chatmodels.http import HttpFailure, HttpRequest, StreamDecoder
from chatmodels.openai_compatible._server import ServerCodec
from chatmodels.openai_compatible.responses._dialect import ResponsesDialect
from chatmodels.openai_compatible.responses._failure import read_failure
from chatmodels.openai_compatible.responses._request import encode_request, retrieval_path
from chatmodels.openai_compatible.responses._response import read_response
from chatmodels.openai_compatible.responses._stream import ResponsesDecoder


class ResponsesCodec(ServerCodec[ResponsesDialect]):
    """A `ChatCodec` for one vendor that speaks the Responses API.

    Args:
        dialect: How it speaks it.
        headers: What its requests need besides, as for the account to bill.
    """

    __slots__ = ()

    api = "responses"

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        With `provider_options={"retrieve": id}` nothing is asked anew, but the response of that
        id is fetched: that of a run in the background, as far as it has come. Further options
        go into the query then.

        Raises:
            UnsupportedError: The dialect cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON, or no id.
        """
        options = request.provider_options
        if options.get("retrieve") is not None:
            return self._get(retrieval_path(self.dialect, options, stream=stream))
        body = encode_request(model, request, self.dialect, stream=stream)
        return HttpRequest(path=self.dialect.path, body=body, headers=self._headers)

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response, one of a background run included.

        Raises:
            ChatModelError: The body tells of an error, or is not a response.
        """
        return read_response(body, self.dialect)

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return ResponsesDecoder(self.dialect)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure, self.dialect.name)
