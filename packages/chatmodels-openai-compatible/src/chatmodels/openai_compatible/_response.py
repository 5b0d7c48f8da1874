"""Parses bodies and chunks, and finds the choice and its tool call in them."""

from functools import partial
from typing import NoReturn

from chatmodels.http.wire import NOT_JSON, raise_for_body
from chatmodels.openai_compatible._errors import (
    failure_of,
    failure_within,
    read_failure,
    reports_error,
)
from chatmodels.openai_compatible._wire import (
    WireBody,
    WireChoice,
    WireMessage,
    WireToolCall,
    body_decoder,
)


def decode_body(data: bytes, dialect: str) -> WireBody:
    """Parse a body or a chunk.

    Raises:
        ChatModelError: The data report an error, or are not a chat completion.
    """
    try:
        wire = body_decoder.decode(data)
    except NOT_JSON as error:
        reject(data, dialect, error)
    if wire.error or wire.choices is None:
        failure = failure_within(data, dialect)
        if failure is not None:
            raise failure
    return wire


def reject(data: bytes, dialect: str, error: Exception) -> NoReturn:
    """Raise an error for a body that is not a chat completion, such as an error in another format.

    Raises:
        ChatModelError: Always.
    """
    raise_for_body(
        data,
        dialect,
        "a chat completion",
        error,
        partial(read_failure, provider=dialect),
        reports_error=reports_error,
    )


def first_choice(wire: WireBody, dialect: str) -> WireChoice | None:
    """Return the first choice: there is only one, unless `provider_options` request more.

    Raises:
        ChatModelError: The choice reports an error.
    """
    for choice in wire.choices or ():
        if not choice.index:
            if choice.error:
                raise failure_of(choice.error, dialect)
            return choice
    return None


def legacy_call(message: WireMessage) -> list[WireToolCall]:
    """Read a `function_call`, the predecessor of tool calls; Snowflake sends an empty one."""
    function = message.function_call
    if function is None or not (function.name or function.arguments):
        return []
    return [WireToolCall(function=function)]
