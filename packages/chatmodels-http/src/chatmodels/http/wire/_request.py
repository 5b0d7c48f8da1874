"""Writing requests, or rejecting those that a vendor does not support."""

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
"""The name of the argument that contains arguments which are not JSON."""
_APPENDED = frozenset({"tools", "documents"})


def write_body(body: Json, provider: str, problems: Sequence[str]) -> bytes:
    """Encode the JSON of a request, unless there are problems.

    Args:
        body: The JSON.
        provider: The provider's registered name.
        problems: The parts of the request that the vendor does not support, each as a noun.

    Raises:
        UnsupportedError: There are problems; the message lists them all.
        InvalidRequestError: A value is not JSON, for example in `provider_options`.
    """
    if problems:
        raise UnsupportedError(
            f"{provider} does not support {', '.join(problems)}; omit it, or use another model"
        )
    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError as error:
        raise InvalidRequestError(
            f"the request cannot be written as JSON: {_place(body)} contains a lone "
            "surrogate; text.encode(errors='replace').decode() removes it"
        ) from error
    except (TypeError, ValueError, OverflowError, RecursionError, msgspec.MsgspecError) as error:
        raise InvalidRequestError(
            f"the request cannot be written as JSON: {error}; check its texts, schemas and "
            "provider_options"
        ) from error


def _place(body: Json) -> str:
    try:
        return _find_lone_surrogate(body) or "a key"
    except RecursionError:
        return "a deeply nested text"


def _find_lone_surrogate(value: Json, place: str = "") -> str | None:
    """Return the place of the first text that is not valid Unicode, as in "messages[0].content"."""
    if isinstance(value, str):
        return None if _is_unicode(value) else place
    items: list[tuple[str, Json]] = []
    if is_object(value):
        items = [(f"{place}.{name}" if place else name, item) for name, item in value.items()]
    elif is_list(value):
        items = [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    places = (_find_lone_surrogate(item, path) for path, item in items if _is_unicode(path))
    return next(filter(None, places), None)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def describe_part(part: Part, where: str) -> str:
    """Describe a part that a vendor does not accept, as in "a tool call in a user message"."""
    return f"{_NOUNS.get(part.type, part.type)} in {where}"


def arguments_of(call: ToolCall) -> dict[str, Json]:
    """Return the arguments of a call as an object, which vendors require even if it was cut off."""
    try:
        return call.arguments
    except ToolArgumentsError:
        return {INVALID: call.arguments_json}


def arguments_json(call: ToolCall) -> str:
    """Return the arguments of a call as the text of a JSON object.

    Servers reject the whole conversation if the arguments of one call were cut off.
    """
    arguments = arguments_of(call)
    if INVALID in arguments and len(arguments) == 1:
        return msgspec.json.encode(arguments).decode()
    return call.arguments_json or "{}"


def add_options(options: Mapping[str, Json], body: dict[str, Json]) -> None:
    """Merge the caller's `provider_options` into a body.

    Objects are merged at all depths, tools and documents are appended to those of the body, and all
    other fields are replaced.

    Args:
        options: The caller's fields of the body.
        body: The body to change; objects in it are replaced, never changed.
    """
    for name, value in options.items():
        present = body.get(name)
        if is_object(present) and is_object(value):
            merged = dict(present)
            add_options(value, merged)
            body[name] = merged
        elif name in _APPENDED and is_list(present) and isinstance(value, list | tuple):
            body[name] = [*present, *value]
        else:
            body[name] = value


def set_path(body: dict[str, Json], path: str, value: Json) -> None:
    """Set a field; a dot in its path descends into an object, as in "reasoning.effort"."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


def state_of(signature: ProviderState | None, wire_format: str, /) -> dict[str, Json]:
    """Return opaque state if it is of the wire format of the encoder, else an empty object.

    The model removes state that is valid only at other endpoints before it calls an encoder.
    """
    if signature is None or signature.format != wire_format or not is_object(signature.data):
        return {}
    return signature.data
