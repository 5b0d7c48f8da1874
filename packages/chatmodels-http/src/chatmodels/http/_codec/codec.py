"""The interface between a vendor's wire format and the code that sends requests.

A codec is sans-IO: pure functions from neutral values to bytes and back. `HttpChatModel` does the
rest: connections, time limits, secrets, retries, sync and async.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from chatmodels.core import ChatModelError, ChatRequest, ChatResponse
from chatmodels.core.extending import Profile, whole_response
from chatmodels.http._codec.batches import BatchFormat
from chatmodels.http._codec.conversation import ConversationRules
from chatmodels.http._codec.counting import Counting
from chatmodels.http._codec.listing import Listing
from chatmodels.http._codec.output import OutputFromTool
from chatmodels.http._codec.output_tool import output_tool_name
from chatmodels.http._codec.schema_support import SchemaSupport, TranslatedRequest
from chatmodels.http._codec.state_scope import add_scopes
from chatmodels.http._codec.translated_names import TranslatedNames
from chatmodels.http._exchange import Headers, HttpFailure, HttpRequest
from chatmodels.http._framing.frames import Framer, StreamDecoder
from chatmodels.http._framing.sse import SseFramer
from chatmodels.http._surrogates import (
    SurrogateJoiner,
    with_stand_ins,
)


class Encode(Protocol):
    """Translates a request to a model into the vendor's wire format."""

    def __call__(self, model: str, request: ChatRequest, /, *, stream: bool) -> HttpRequest:
        """Translate a request.

        Raises:
            UnsupportedError: The API cannot express something; the message lists everything.
            InvalidRequestError: Something in it is not JSON.
        """
        ...


_ALL_SCHEMAS = SchemaSupport()


def all_schemas(model: str, /) -> SchemaSupport:
    """Return the support of a vendor that accepts every schema and every name of a tool."""
    return _ALL_SCHEMAS


def bearer(secret: str, /) -> Headers:
    """Return the header that contains a secret as a bearer token."""
    return (("Authorization", f"Bearer {secret}"),)


class Codec(msgspec.Struct, frozen=True, kw_only=True):
    """The wire format of one vendor's chat API, as pure functions.

    Every function must be importable by name, or a `functools.partial` of such a function, so that
    models can be pickled.

    Attributes:
        encode: Translates a request.
        decoder: Returns the decoder of the response to a request, whole or streamed.
        failure: Translates a failed response. The caller adds request id and retry-after.
        health: The cheapest request that verifies address and credentials.
        profile: Returns the abilities of a model.
        families: Patterns of model names, such as "claude-opus-5*": one for each family whose
            abilities may differ. A name belongs to the first pattern that it matches.
        conversation: The rules for conversations, applied before `encode`.
        schemas: Returns the schemas and names of tools that a model accepts.
        models: The listing of models; None if the vendor has none.
        streams_whole: Whether whole responses are requested as streams, because the server goes on
            with an abandoned whole response.
        counting: The endpoint that counts the input tokens of a request; None if the vendor has
            none, so that they are estimated.
        batches: The batch API, or a function that returns it, which must be possible to pickle;
            None if the vendor has none.
        without_batches: The remedy, if the options of the model are the reason why it has none.
        framer: Returns the framer of one stream.
        authorization: Returns the headers that contain the secret.
        remedies: See `StandardChatModel`; `HttpChatModel` adds those of the provider.
        api: The name of the API if the vendor has several, as in "chat_completions".
        scope: The scope in which opaque state of responses is valid; None if it is valid at every
            endpoint with the same format. `HttpChatModel` sets it by the rules for conversations.
    """

    encode: Encode
    decoder: Callable[[ChatRequest], StreamDecoder]
    failure: Callable[[HttpFailure], ChatModelError]
    health: HttpRequest
    profile: Callable[[str], Profile]
    families: Sequence[str] = ("*",)
    conversation: ConversationRules = ConversationRules()
    schemas: Callable[[str], SchemaSupport] = all_schemas
    models: Listing | None = None
    streams_whole: bool = False
    counting: Counting | None = None
    batches: BatchFormat | Callable[[], BatchFormat] | None = None
    without_batches: str | None = None
    framer: Callable[[], Framer] = SseFramer
    authorization: Callable[[str], Headers] = bearer
    remedies: Mapping[str, str] = {}
    api: str | None = None
    scope: str | None = None

    def decode(self, body: bytes, request: ChatRequest, /) -> ChatResponse[Any]:
        """Translate a whole response to a request.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return read_whole(self.reader(request), body, self.scope)

    def reader(self, request: ChatRequest, /) -> StreamDecoder:
        """Return the decoder of the response to a request, whose output can come from a tool."""
        decoder = self.decoder(request)
        if request.output is None:
            return decoder
        return OutputFromTool(decoder, output_tool_name(request.output, request.tools))

    def translated_reader(self, translated: TranslatedRequest, /) -> StreamDecoder:
        """Return the decoder of the response to a translated request."""
        decoder = self.decoder(translated.request)
        if translated.output_tool:
            decoder = OutputFromTool(decoder, translated.output_tool)
        if not (translated.names or translated.warnings or translated.arguments):
            return decoder
        return TranslatedNames(decoder, translated.names, translated.warnings, translated.arguments)


def read_whole(reader: StreamDecoder, body: bytes, scope: str | None, /) -> ChatResponse[Any]:
    """Translate a body with the decoder of a response, lone surrogates included.

    Args:
        reader: The decoder.
        body: The body.
        scope: The scope of opaque state in the body; None if it is valid at every endpoint with the
            same format.

    Raises:
        ChatModelError: The body reports an error or is not in this wire format.
    """
    replaced = with_stand_ins(body)
    if replaced is not body:
        reader = SurrogateJoiner(reader)
    return whole_response(add_scopes(reader.whole(replaced), scope))
