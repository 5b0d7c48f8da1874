"""A codec at an endpoint: conversations are fitted before it, opaque state is marked behind it."""

from collections.abc import Callable, Sequence
from functools import partial

from msgspec.structs import replace

from chatmodels.core import ChatRequest, PartEnd, Profile, StreamEvent, ToolCallEnd
from chatmodels.http._codec import Codec, Encode
from chatmodels.http._conversation import ConversationRules, fitted
from chatmodels.http._exchange import HttpRequest
from chatmodels.http._frames import Frame, StreamDecoder
from chatmodels.http._paired_calls import refuse_unpaired


def at_endpoint(codec: Codec, base_url: str, provider: str, /) -> Codec:
    """Return a codec as it is used at one base URL, with the provider's name for messages."""
    rules = codec.conversation
    scope = rules.state_scope(base_url)
    decoder = codec.decoder if scope is None else partial(_marking, codec.decoder, scope)
    return replace(
        codec,
        encode=partial(_encode, codec.encode, rules, scope, provider),
        decoder=decoder,
        profile=partial(_profile, codec.profile, scope),
    )


def _profile(inner: Callable[[str], Profile], scope: str | None, model: str, /) -> Profile:
    return replace(inner(model), state_scope=scope)


def _encode(
    inner: Encode,
    rules: ConversationRules,
    scope: str | None,
    provider: str,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    if rules.paired_calls and rules.held.isdisjoint(request.provider_options):
        refuse_unpaired(request.messages, provider)
    messages = fitted(request.messages, rules, scope)
    return inner(model, replace(request, messages=messages), stream=stream)


def _marking(
    inner: Callable[[ChatRequest], StreamDecoder], scope: str, request: ChatRequest, /
) -> StreamDecoder:
    return MarkedState(inner(request), scope)


class MarkedState:
    """A `StreamDecoder` that notes where opaque state is valid.

    Args:
        decoder: The vendor's decoder.
        scope: Where the state of its responses is valid.
    """

    __slots__ = ("_decoder", "_feed", "_scope")

    def __init__(self, decoder: StreamDecoder, scope: str) -> None:
        self._decoder = decoder
        self._feed = decoder.feed
        self._scope = scope

    def feed(self, frame: Frame, /) -> Sequence[StreamEvent]:
        """Read a frame and return the events that it causes.

        Raises:
            ChatModelError: The frame reports an error or is not in this wire format.
        """
        events = self._feed(frame)
        for event in events:
            if type(event) in _SIGNED:
                return self._marked(events)
        return events

    def close(self) -> Sequence[StreamEvent]:
        """Return the events that the end of the bytes causes."""
        return self._marked(self._decoder.close())

    def whole(self, body: bytes, /) -> Sequence[StreamEvent]:
        """Return the events of a response that arrived whole.

        Raises:
            ChatModelError: The body reports an error or is not in this wire format.
        """
        return self._marked(self._decoder.whole(body))

    def _marked(self, events: Sequence[StreamEvent]) -> Sequence[StreamEvent]:
        return [self._mark(event) for event in events]

    def _mark(self, event: StreamEvent) -> StreamEvent:
        if type(event) is ToolCallEnd:
            call = event.tool_call
            if call.signature is not None:
                signature = replace(call.signature, scope=self._scope)
                return replace(event, tool_call=replace(call, signature=signature))
        elif type(event) is PartEnd:
            signature = getattr(event.part, "signature", None)
            if signature is not None:
                part = replace(event.part, signature=replace(signature, scope=self._scope))
                return replace(event, part=part)
        return event


_SIGNED = frozenset({PartEnd, ToolCallEnd})
