"""The codec of chat completions: the pure functions of this package, bound to one dialect."""

from typing import Any

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse
from chatmodels.http import HttpFailure, HttpRequest, StreamDecoder
from chatmodels.openai_compatible._dialect import Dialect
from chatmodels.openai_compatible._failure import read_failure
from chatmodels.openai_compatible._request import encode_request
from chatmodels.openai_compatible._response import read_response
from chatmodels.openai_compatible._server import ServerCodec
from chatmodels.openai_compatible._stream import ChatCompletionsDecoder


class ChatCompletionsCodec(ServerCodec[Dialect]):
    """A `ChatCodec` for one vendor that speaks chat completions.

    Args:
        dialect: How it speaks them.
        headers: What its requests need besides, as for the account to bill.
    """

    __slots__ = ()

    api = "chat_completions"

    def encode(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The dialect cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        dialect = self.dialect_for(model)
        body = encode_request(model, request, dialect, stream=stream)
        return HttpRequest(path=dialect.chat_path, body=body, headers=self._headers)

    def dialect_for(self, model: str, /) -> Dialect:
        """Choose how to speak to a model: some take less than others of their vendor."""
        return self.dialect

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response.

        Raises:
            ChatModelError: The body tells of an error, or is not a chat completion.
        """
        return read_response(body, request, self.dialect.name)

    def stream_decoder(self, request: ChatRequest, /) -> StreamDecoder:
        """Make the decoder for the stream that answers a request."""
        return ChatCompletionsDecoder(request, self.dialect.name)

    def decode_failure(self, failure: HttpFailure, /) -> ChatModelError:
        """Translate a failure."""
        return read_failure(failure, self.dialect.name)
