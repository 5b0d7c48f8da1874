"""A codec at an endpoint: rules for conversations before it, scopes of opaque state after it."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from msgspec.structs import replace

from chatmodels.core import ChatRequest
from chatmodels.core.extending import Profile
from chatmodels.http._codec.codec import Codec, Encode
from chatmodels.http._codec.conversation import (
    ConversationRules,
    apply_rules,
    are_plain,
    is_at,
)
from chatmodels.http._codec.paired_calls import check_pairs
from chatmodels.http._exchange import HttpRequest
from chatmodels.http.wire._plain import PlainMessages


def at_endpoint(codec: Codec, base_url: str, provider: str, /) -> Codec:
    """Return a codec for one base URL, with the provider's name for messages."""
    rules = codec.conversation
    scope = rules.state_scope(base_url)
    paired = is_at(base_url, rules.paired_calls)
    return replace(
        codec,
        encode=partial(_encode, codec.encode, rules, scope, provider if paired else ""),
        scope=scope,
        profile=partial(_profile, codec.profile, scope),
    )


def _profile(inner: Callable[[str], Profile], scope: str | None, model: str, /) -> Profile:
    return replace(inner(model), state_scope=scope)


def _encode(
    inner: Encode,
    rules: ConversationRules,
    scope: str | None,
    paired_by: str,
    model: str,
    request: ChatRequest,
    /,
    *,
    stream: bool,
) -> HttpRequest:
    plain = PlainMessages.of(request.messages, blank_texts=rules.blank_texts)
    if plain is not None:
        # The error message of a text that is not valid Unicode, or not JSON, contains its place.
        with suppress(UnicodeEncodeError, TypeError):
            return inner(model, replace(request, messages=plain), stream=stream)
    if are_plain(request.messages):
        return inner(model, request, stream=stream)
    if paired_by and rules.held.isdisjoint(request.provider_options):
        check_pairs(request.messages, paired_by, at_once=rules.results_at_once)
    messages = apply_rules(request.messages, rules, scope)
    return inner(model, replace(request, messages=messages), stream=stream)
