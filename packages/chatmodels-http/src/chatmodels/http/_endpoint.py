"""A codec at an endpoint: conversations are fitted before it, opaque state is scoped behind it."""

from functools import partial

from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.http._codec import Codec, Encode
from chatmodels.http._conversation import ConversationRules, fitted
from chatmodels.http._exchange import HttpRequest


def at_endpoint(codec: Codec, base_url: str, /) -> Codec:
    """Return a codec as it is used at one base URL."""
    rules = codec.conversation
    scope = rules.state_scope(base_url)
    return replace(codec, encode=partial(_encode, codec.encode, rules, scope), scope=scope)


def _encode(
    inner: Encode,
    rules: ConversationRules,
    scope: str | None,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    messages = fitted(request.messages, rules, scope)
    return inner(model, replace(request, messages=messages), stream=stream)
