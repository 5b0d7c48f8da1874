"""Reads whole answers."""

from functools import partial
from typing import Any, NoReturn

import msgspec

from chatmodels.core import (
    ChatRequest,
    ChatResponse,
    Message,
    Part,
    ProviderPart,
    RefusalPart,
    ResponseInvalidError,
    Signature,
    TextPart,
    Usage,
)
from chatmodels.http import excerpt
from chatmodels.http.wire import NOT_JSON, Json, identifier, objects, reject_body, text_or_none
from chatmodels.openai_compatible._calls import read_call
from chatmodels.openai_compatible._citations import kept_parts, read_citations
from chatmodels.openai_compatible._content import ContentReader
from chatmodels.openai_compatible._failure import (
    failure_of,
    failure_within,
    read_failure,
    tells_error,
)
from chatmodels.openai_compatible._reading import (
    normalised,
    read_logprobs,
    reasoning_of,
    reasoning_part,
)
from chatmodels.openai_compatible._sound import SoundAssembler
from chatmodels.openai_compatible._steps import joined
from chatmodels.openai_compatible._usage import read_usage, reported_usage, served_tier
from chatmodels.openai_compatible._wire import (
    WireBody,
    WireChoice,
    WireMessage,
    WireToolCall,
    body_decoder,
)

_SAID_NOTHING = WireMessage()


def read_response(body: bytes, request: ChatRequest, dialect: str) -> ChatResponse[Any]:
    """Translate a whole response.

    Args:
        body: The JSON as it came.
        request: What it answers.
        dialect: The name of the dialect, to mark what only its vendor understands.

    Raises:
        ChatModelError: The body tells of an error, or is not a chat completion.
    """
    wire = decoded(body, dialect)
    choice = first_choice(wire, dialect)
    if choice is None:
        raise ResponseInvalidError(
            f"{dialect} answered without a choice: {excerpt(body)}", details={"body": excerpt(body)}
        )
    warnings: list[str] = []
    # A choice without a message is what content filters leave of one.
    steps: list[Json] = []
    several = joined(choice.messages, steps, warnings)
    message = choice.message or choice.delta or several or _SAID_NOTHING
    parts = _parts(message, steps, wire, request, dialect, warnings)
    kinds = {part.type for part in parts}
    usage = reported_usage(wire)
    return ChatResponse(
        message=Message("assistant", parts),
        finish_reason=normalised(
            choice.finish_reason, calls="tool_call" in kinds, refused="refusal" in kinds
        ),
        raw_finish_reason=choice.finish_reason or None,
        usage=Usage() if usage is None else read_usage(usage, warnings),
        model=wire.model or None,
        id=identifier(wire.id) or None,
        logprobs=() if choice.logprobs is None else read_logprobs(choice.logprobs, warnings),
        service_tier=text_or_none(wire.service_tier) or served_tier(usage),
        warnings=tuple(warnings),
        payload=msgspec.Raw(body),
    )


def decoded(data: bytes, dialect: str) -> WireBody:
    """Parse a body or a chunk.

    Raises:
        ChatModelError: It tells of an error, or is not a chat completion.
    """
    try:
        wire = body_decoder.decode(data)
    except NOT_JSON as error:
        reject(data, dialect, error)
    if wire.error or wire.choices is None:
        failed = failure_within(data, dialect)
        if failed is not None:
            raise failed
    return wire


def reject(data: bytes, dialect: str, error: Exception) -> NoReturn:
    """Refuse a body that is not a chat completion; it may be an error of some other shape.

    Raises:
        ChatModelError: Always.
    """
    reject_body(
        data,
        dialect,
        "a chat completion",
        error,
        partial(read_failure, provider=dialect),
        tells_error=tells_error,
    )


def first_choice(wire: WireBody, dialect: str) -> WireChoice | None:
    """Find the answer: there is one choice, unless `provider_options` asked for more.

    Raises:
        ChatModelError: The choice tells of an error.
    """
    for choice in wire.choices or ():
        if not choice.index:
            if choice.error:
                raise failure_of(choice.error, dialect)
            return choice
    return None


def _parts(
    message: WireMessage,
    steps: list[Json],
    wire: WireBody,
    request: ChatRequest,
    dialect: str,
    warnings: list[str],
) -> tuple[Part, ...]:
    # The order is that of the event indexes: streamed and whole answers are equal.
    content = ContentReader()
    text, thought, refusal = content.feed(message.content)
    thought += reasoning_of(message)
    parts: list[Part] = []
    details = objects(message.reasoning_details)
    reasoning = reasoning_part(thought, details, content.thinking, dialect)
    if reasoning is not None:
        parts.append(reasoning)
    if text:
        cited = read_citations(message.annotations, wire.search_results or wire.citations)
        parts.append(TextPart(text, (*cited, *content.citations)))
    if refusal or message.refusal:
        parts.append(RefusalPart(refusal + (message.refusal or "")))
    if message.audio is not None:
        sound = SoundAssembler()
        sound.feed(message.audio, warnings)
        if (spoken := sound.part(request)) is not None:
            parts.append(spoken)
    if kept := kept_parts(message.annotations, content.others, steps):
        parts.append(ProviderPart(Signature(dialect, kept)))
    calls = message.tool_calls or legacy_call(message)
    parts += [
        read_call(call, position, wire.created, dialect) for position, call in enumerate(calls)
    ]
    return tuple(parts)


def legacy_call(message: WireMessage) -> list[WireToolCall]:
    """Read the `function_call` that tool calls were before; Snowflake sends an empty one."""
    function = message.function_call
    if function is None or not (function.name or function.arguments):
        return []
    return [WireToolCall(function=function)]
