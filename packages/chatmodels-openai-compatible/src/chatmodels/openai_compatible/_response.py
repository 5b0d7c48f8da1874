"""Parses bodies and chunks, and finds in them what the response is."""

from functools import partial
from typing import NoReturn

from chatmodels.http.wire import NOT_JSON, raise_for_body
from chatmodels.openai_compatible._errors import (
    failure_of,
    failure_within,
    read_failure,
    tells_error,
)
from chatmodels.openai_compatible._wire import (
    WireBody,
    WireChoice,
    WireMessage,
    WireToolCall,
    body_decoder,
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
    raise_for_body(
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


def legacy_call(message: WireMessage) -> list[WireToolCall]:
    """Read the `function_call` that tool calls were before; Snowflake sends an empty one."""
    function = message.function_call
    if function is None or not (function.name or function.arguments):
        return []
    return [WireToolCall(function=function)]
