"""Writing requests, or refusing what a vendor has no way to express."""

from collections.abc import Mapping, Sequence

import msgspec

from chatmodels.core import (
    InvalidRequestError,
    Part,
    ToolArgumentsError,
    ToolCall,
    UnsupportedError,
)
from chatmodels.core.extending import ProviderState
from chatmodels.http.wire._json import Json, is_list, is_object

_NOUNS = {
    "image": "an image",
    "audio": "audio",
    "file": "a file",
    "tool_call": "a tool call",
    "tool_result": "a tool result",
    "refusal": "a refusal",
}
INVALID = "invalid_json"
"""The argument that holds arguments which are not JSON."""
_ADDED = frozenset({"tools", "documents"})


def write_body(body: Json, provider: str, problems: Sequence[str]) -> bytes:
    """Write the JSON of a request, if all of it could be expressed.

    Args:
        body: The JSON.
        provider: The provider's registered name.
        problems: What the vendor has no way to express, each as a noun.

    Raises:
        UnsupportedError: There are problems; the message lists them all.
        InvalidRequestError: Something in it is not JSON, as may be in `provider_options`.
    """
    if problems:
        raise UnsupportedError(
            f"{provider} has no way to express {', '.join(problems)}; leave it out or take "
            "another model"
        )
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise InvalidRequestError(
            f"the request cannot be written as JSON: {_place(body)} has half a "
            "character (a lone surrogate); text.encode(errors='replace').decode() removes it"
        ) from error
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequestError(
            f"the request cannot be written as JSON: {error}; see its texts, schemas and "
            "provider_options"
        ) from error


def _place(body: Json) -> str:
    try:
        return _half_character(body) or "a key"
    except RecursionError:
        return "a deeply nested text"


def _half_character(value: Json, place: str = "") -> str | None:
    """Return the place of the first text that is not valid Unicode, as in "messages[0].content"."""
    if isinstance(value, str):
        return None if _is_unicode(value) else place
    items: list[tuple[str, Json]] = []
    if is_object(value):
        items = [(f"{place}.{name}" if place else name, item) for name, item in value.items()]
    elif is_list(value):
        items = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    found = (_half_character(item, where) for where, item in items if _is_unicode(where))
    return next(filter(None, found), None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def describe_part(part: Part, where: str) -> str:
    """Name a part that a vendor does not accept, as in "a tool call in a user message"."""
    return f"{_NOUNS.get(part.type, part.type)} in {where}"


def arguments_of(call: ToolCall) -> dict[str, Json]:
    """Give the arguments of a call as an object, which vendors want even where it was cut off."""
    try:
        return call.arguments
    except ToolArgumentsError:
        return {INVALID: call.arguments_json}


def arguments_json(call: ToolCall) -> str:
    """Return the arguments of a call as the text of a JSON object.

    Servers refuse the whole conversation for arguments that were cut off.
    """
    arguments = arguments_of(call)
    if INVALID in arguments and len(arguments) == 1:
        return msgspec.json.encode(arguments).decode()
    return call.arguments_json or "{}"


def add_options(options: Mapping[str, Json], body: dict[str, Json]) -> None:
    """Put the caller's `provider_options` in.

    Objects are joined at all depths, tools and documents are added to those that are there, and all
    else is replaced.

    Args:
        options: The caller's fields of the body.
        body: Where they belong; objects within are replaced, never changed.
    """
    for name, value in options.items():
        known = body.get(name)
        if is_object(known) and is_object(value):
            joined = dict(known)
            add_options(value, joined)
            body[name] = joined
        elif name in _ADDED and is_list(known) and isinstance(value, list | tuple):
            body[name] = [*known, *value]
        else:
            body[name] = value


def set_path(body: dict[str, Json], path: str, value: Json) -> None:
    """Set a field; a dot in its path descends into an object, as in "reasoning.effort"."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def state_of(signature: ProviderState | None, known: str, /) -> dict[str, Json]:
    """Return opaque state if the wire format known to the encoder understands it.

    Encoders see no state that is valid at other endpoints only: the model leaves it out before.
    """
    if signature is None or signature.format != known or not is_object(signature.data):
        return {}
    return signature.data
